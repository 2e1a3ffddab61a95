import type { EventCallback, CallbackStep } from './callback-step.ts';
import type { ConnectPlan } from './plan.ts';

const isSameCallback = (one: EventCallback, other: EventCallback): boolean =>
  one.url === other.url &&
  new Set(one.events).symmetricDifference(new Set(other.events)).size === 0;

const callbackStep = (workspace: string, from: EventCallback, to: EventCallback): CallbackStep => ({
  action: isSameCallback(from, to) ? 'keep' : 'change',
  resource: 'event-callback',
  workspace,
  from,
  to,
});

/** Whether somebody else's URL stands where a Workspace has room for only one. */
export const replacesOtherUrl = ({ from, to }: CallbackStep): boolean =>
  from.url !== '' && to.url !== '' && from.url !== to.url;

/** Plans how a Workspace calls back for exactly these events. */
export const planCallback = (
  workspace: string,
  current: EventCallback,
  desired: EventCallback,
): ConnectPlan<CallbackStep> => {
  const planned = callbackStep(workspace, current, desired);
  return {
    steps: [planned],
    notes: replacesOtherUrl(planned)
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
  current: EventCallback,
  url: string,
): ConnectPlan<CallbackStep> => {
  const isOurs = current.url === url;
  const planned = callbackStep(workspace, current, isOurs ? { url: '', events: [] } : current);
  const notes = isOurs ? ['What stood there before connect is not known any more.'] : [];
  return { steps: [planned], notes };
};
