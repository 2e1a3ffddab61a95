import type { Health } from '../../console/parts.ts';
import type { LinkConfig } from '../../shared/crm/link-settings.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { isObject, type Json } from '../../shared/json.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import { isTarget } from '../../shared/messages/segments.ts';
import { attributesOrNull, criteriaByKind, matches } from '../../shared/taskrouter/criteria.ts';
import { checkTickets, readTaskState } from '../invariants.ts';
import type { StoredTask } from '../taskrouter/tasks/types.ts';
import type { AcknowledgedChange } from './activity.ts';

/** The current state that the check needs. */
interface PresentState {
  tasks: readonly StoredTask[];
  changes: readonly AcknowledgedChange[];
  sources: Readonly<Record<string, LinkConfig>>;
  /** Messages that sync handles or will receive next. */
  inQueue: number;
  /** Changes that wait for an agent or for TaskRouter. */
  waiting: number;
  deadLetters: number;
}

/** Checks whether every accepted change is on its Task. It uses the invariants of the chaos test. */
export function checkHealth(present: PresentState): Health {
  const { changes, inQueue, waiting, deadLetters } = present;
  const underWay = changes.filter(({ progress }) => progress === 'under-way').length;
  const onTheirWay = Math.max(underWay, waiting, inQueue);
  const violations = present.tasks.flatMap((task) => violationsOf(task, present));
  if (onTheirWay > 0) {
    const text =
      waiting > 0 ? `${waiting} ${plural('change', waiting)} waiting` : 'changes are under way';
    return { state: 'under-way', text, violations };
  }
  if (violations.length > 0) {
    const text = `${violations.length} ${plural('change', violations.length)} not on its Task`;
    return { state: 'violated', text, violations };
  }
  if (deadLetters > 0) {
    const text = `${deadLetters} ${plural('dead letter', deadLetters)}`;
    return { state: 'dead-letters', text, violations };
  }
  return { state: 'good', text: 'every accepted change is on its Task', violations };
}

function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}

function violationsOf(task: StoredTask, { changes, sources }: PresentState): string[] {
  const { sid, attributes, reservations, status } = task;
  if (status === 'canceled' || !reservations.some(isTarget)) return [];
  const state = readTaskState({ attributes, reservations });
  if (typeof state === 'string') return [state];
  const json = attributesOrNull(attributes);
  const named = ticketsOnTask(sources)(isObject(json) ? json : {});
  const known = changes.filter(({ progress }) => progress === 'done');
  const isPending = (ticket: string) =>
    changes.some(({ change, progress }) => change.ticket === ticket && progress !== 'done');
  const ofTask = [...Map.groupBy(known, ({ change }) => change.ticket).values()].flatMap(
    (group): KnownTicket[] => {
      const newest = group.reduce((one, other) =>
        BigInt(other.change.version) > BigInt(one.change.version) ? other : one,
      ).change;
      const { ticket, version, link, exclusive } = newest;
      // If a ticket leaves one conversation, nothing follows for other conversations.
      if (link === null && exclusive === undefined) return [];
      return isOn(sid, json, newest) ? [{ ticket, version, link }] : [];
    },
  );
  const isChanged = (ticket: string) => known.some(({ change }) => change.ticket === ticket);
  const namedOnly = named
    .filter(({ ticket }) => !isChanged(ticket))
    .map(({ ticket, link }): KnownTicket => ({ ticket, version: '0', link, named: true }));
  const expected = [...ofTask, ...namedOnly].filter(({ ticket }) => !isPending(ticket));
  return checkTickets({ changes: expected, left: [] }, state).map(
    ({ description }) => `${sid}: ${description}`,
  );
}

/** Whether a change is about this Task: the change has a SID of the Task, or the Task names the ticket. */
function isOn(taskSid: string, attributes: Json, change: AcknowledgedChange['change']): boolean {
  if (change.correlation.taskSid !== undefined) return change.correlation.taskSid === taskSid;
  const { sid, attribute } = criteriaByKind(change);
  return [...sid, ...attribute].some((criterion) => matches(attributes, criterion));
}
