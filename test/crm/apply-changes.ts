import type { LinkConfig } from '../../shared/crm/link-settings.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import type { TicketChangeMessage } from '../../shared/messages/message.ts';
import { targetsFor } from '../../shared/sync/targets.ts';
import { matchTasks, parseTasks } from '../../shared/taskrouter/find-tasks.ts';

const segment = [{ sid: `WR${'e'.repeat(32)}`, status: 'accepted' as const }];

/** The sources whose tickets the Tasks may name. */
type Sources = Readonly<Record<string, LinkConfig>>;

/** The attributes of Tasks that agents have, by SID. */
type Tasks = ReadonlyMap<string, string>;

/** What came of a message. */
interface AppliedChange {
  readonly tasks: Tasks;
  /** Whether it found no Task for what it is about, so that it is looked for again. */
  readonly isUnmatched: boolean;
}

/** Tasks after a message, by the sync's own rules. */
const applyChange = (
  tasks: Tasks,
  { change }: TicketChangeMessage,
  sources: Sources = {},
): AppliedChange => {
  const namedTickets = ticketsOnTask(sources);
  const listed = [...tasks].map(([sid, attributes]) => ({ sid, attributes, status: undefined }));
  const decision = targetsFor(change, matchTasks(change, parseTasks(listed)));
  if ('outcome' in decision) return { tasks, isUnmatched: false };
  const after = new Map(tasks);
  for (const { taskSid, ticket } of decision.targets) {
    const text = tasks.get(taskSid);
    if (text === undefined) continue;
    after.set(taskSid, rewrite(text, segment, [ticket], { namedTickets }).attributes ?? text);
  }
  const isMet = decision.targets.some(
    ({ taskSid, ticket: { link } }) => tasks.has(taskSid) && !link === (change.link === null),
  );
  return { tasks: after, isUnmatched: !isMet };
};

/**
 * Tasks after messages in this order, and then an event of each. What finds no Task is looked for again,
 * for a minute.
 */
export const applyChanges = (
  tasks: Tasks,
  messages: readonly TicketChangeMessage[],
  sources: Sources = {},
): Tasks => {
  let after = tasks;
  const unmatched = messages.filter((message) => {
    const { tasks, isUnmatched } = applyChange(after, message, sources);
    after = tasks;
    return isUnmatched;
  });
  for (const message of unmatched) after = applyChange(after, message, sources).tasks;
  const namedTickets = ticketsOnTask(sources);
  return new Map(
    [...after].map(([sid, text]) => [
      sid,
      rewrite(text, segment, [], { namedTickets }).attributes ?? text,
    ]),
  );
};

/** The attributes of the only Task there is after a message. */
export const applyToTask = (
  text: string,
  message: TicketChangeMessage,
  sources: Sources = {},
): string => {
  const sid = `WT${'f'.repeat(32)}`;
  return applyChange(new Map([[sid, text]]), message, sources).tasks.get(sid) ?? text;
};
