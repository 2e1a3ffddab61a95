import { isFinishing } from '../../../shared/taskrouter/is-finishing.ts';
import type { SettleDelivery } from '../delivery.ts';
import type { Located } from './locate.ts';
import type { PlannedUpdate } from './visit-task.ts';

/** Known to end soon, then not known, then known to go on. */
const urgency = ({ finishing }: PlannedUpdate): number =>
  finishing === undefined ? 1 : finishing ? 0 : 2;

/**
 * What is to be done at each Task, all of it in one visit. A Task in wrap-up or finished comes first:
 * Twilio deletes it two minutes after its end, and nothing can be attached any more.
 */
export const planUpdates = (
  located: readonly Located[],
  reconciles: readonly SettleDelivery[],
): readonly PlannedUpdate[] => {
  const planned: PlannedUpdate[] = [
    ...located.flatMap((found): PlannedUpdate[] =>
      'outcome' in found
        ? []
        : found.targets.map(({ taskSid, change, status }) => ({
            taskSid,
            changes: [{ delivery: found.delivery, change }],
            reconciles: [],
            finishing: isFinishing(status) ?? change.finishing,
          })),
    ),
    ...reconciles.map((delivery) => ({
      taskSid: delivery.settle.taskSid,
      changes: [],
      reconciles: [delivery],
      finishing: delivery.settle.finishing,
    })),
  ];
  const byTask = Map.groupBy(planned, ({ taskSid }) => taskSid);
  return [...byTask]
    .map(([taskSid, group]): PlannedUpdate => {
      const known = group.flatMap(({ finishing }) => finishing ?? []);
      return {
        taskSid,
        changes: group.flatMap(({ changes }) => changes),
        reconciles: group.flatMap(({ reconciles }) => reconciles),
        finishing: known.length === 0 ? undefined : known.includes(true),
      };
    })
    .sort((one, other) => urgency(one) - urgency(other));
};
