import { isFinishing } from '../../../shared/taskrouter/is-finishing.ts';
import type { SettleDelivery } from '../delivery.ts';
import type { Located } from './locate.ts';
import type { Errand } from './visit-task.ts';

/** Known to end soon, then not known, then known to go on. */
const urgency = ({ finishing }: Errand): number =>
  finishing === undefined ? 1 : finishing ? 0 : 2;

/**
 * What is to be done at each Task, all of it in one visit. A Task in wrap-up or finished comes first:
 * Twilio deletes it two minutes after its end, and nothing can be attached any more.
 */
export const errandsOf = (
  located: readonly Located[],
  settles: readonly SettleDelivery[],
): readonly Errand[] => {
  const errands: Errand[] = [
    ...located.flatMap((found): Errand[] =>
      'outcome' in found
        ? []
        : found.targets.map(({ taskSid, change, status }) => ({
            taskSid,
            changes: [{ delivery: found.delivery, change }],
            settles: [],
            finishing: isFinishing(status) ?? change.finishing,
          })),
    ),
    ...settles.map((delivery) => ({
      taskSid: delivery.settle.taskSid,
      changes: [],
      settles: [delivery],
      finishing: delivery.settle.finishing,
    })),
  ];
  const byTask = Map.groupBy(errands, ({ taskSid }) => taskSid);
  return [...byTask]
    .map(([taskSid, group]): Errand => {
      const known = group.flatMap(({ finishing }) => finishing ?? []);
      return {
        taskSid,
        changes: group.flatMap(({ changes }) => changes),
        settles: group.flatMap(({ settles }) => settles),
        finishing: known.length === 0 ? undefined : known.includes(true),
      };
    })
    .sort((one, other) => urgency(one) - urgency(other));
};
