import type { Callback, CallbackStep } from './callback-step.ts';
import type { Plan } from './plan.ts';

const isSame = (one: Callback, other: Callback): boolean =>
  one.url === other.url &&
  new Set(one.events).symmetricDifference(new Set(other.events)).size === 0;

const step = (workspace: string, from: Callback, to: Callback): CallbackStep => ({
  action: isSame(from, to) ? 'keep' : 'change',
  resource: 'event-callback',
  workspace,
  from,
  to,
});

/** Whether somebody else's URL stands where a Workspace has room for only one. */
export const isForeign = ({ from, to }: CallbackStep): boolean =>
  from.url !== '' && to.url !== '' && from.url !== to.url;

/** Plans how a Workspace calls back for exactly these events. */
export const planCallback = (
  workspace: string,
  found: Callback,
  wanted: Callback,
): Plan<CallbackStep> => {
  const planned = step(workspace, found, wanted);
  return {
    steps: [planned],
    notes: isForeign(planned)
      ? [
          'Another URL stands there. A Workspace has room for one only, and a Flex account may be using it: ' +
            'it would hear of nothing any more. Without --via callback, Event Streams tells both.',
        ]
      : [],
  };
};

/** Plans how a Workspace no longer calls us back; another's URL stays. */
export const planCallbackRemoval = (
  workspace: string,
  found: Callback,
  url: string,
): Plan<CallbackStep> => {
  const isOurs = found.url === url;
  const planned = step(workspace, found, isOurs ? { url: '', events: [] } : found);
  const notes = isOurs ? ['What stood there before connect is not known any more.'] : [];
  return { steps: [planned], notes };
};
