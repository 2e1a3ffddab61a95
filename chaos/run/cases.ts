import type { Case } from '../judge/judge.ts';
import type { Plan } from '../plan/plan.ts';
import type { Conversation } from '../world/conversation.ts';
import { knownTicketOf, namedTicketOf } from '../world/crm.ts';

/** What there is to judge: every Task that is alive. All changes of the plan have been acknowledged. */
export const casesOf = (plan: Plan, opened: readonly Conversation[]): readonly Case[] => {
  const changes = plan.changes.flatMap((change) =>
    change.tasks.map((task) => ({ task, change: knownTicketOf(change) })),
  );
  const byTask = Map.groupBy(changes, ({ task }) => task);
  return opened.flatMap((conversation, number): Case[] => {
    if (conversation.isGone) return [];
    const { task, untouched, planned } = conversation;
    const named = planned.names === undefined ? [] : [namedTicketOf(planned.names)];
    return [
      {
        name: `conversation ${number} (${task.sid})`,
        attributes: task.attributes,
        reservations: task.reservations,
        untouched,
        changes: [...named, ...(byTask.get(number) ?? []).map(({ change }) => change)],
      },
    ];
  });
};
