import type { Handled } from '../handled.ts';

/**
 * A door has a change on the queue within so many milliseconds, as a rule, and the sync gathers a batch for
 * as long before it looks at it. So what was sent later is a copy.
 */
const maxSendMs = 1000;

/**
 * Whether a record could have been applied when it first came: no copy of a change that waited for an agent or
 * for its conversation, nor a dead letter that was replayed, nor made of what a Task names, which is put off
 * where the Task loses it again and again. Each of these is late for a reason that is none of ours. A copy
 * that was sent within the first second passes for the first: it was held back for 20 seconds at the most.
 */
const isFirstSend = ({ record, message }: Pick<Handled, 'record' | 'message'>): boolean =>
  message?.kind === 'ticket-change' &&
  message.recheckRound === undefined &&
  message.fromTaskAttribute === undefined &&
  Number(record.attributes.SentTimestamp) - message.receivedAt <= maxSendMs;

/**
 * How late a record came, by the metrics that tell it, in milliseconds; none of a record that had to wait.
 *
 * - `LinkLag`: from the change in the CRM to its link on the Task, as a supervisor sees it;
 * - `OwnLag`: that from when we took it in, our part of it;
 * - `ExpiredLag`: from the change in the CRM to when its Task was found to be gone.
 */
export const lagsOf = (
  { record, message, outcome: { outcome } }: Pick<Handled, 'record' | 'message' | 'outcome'>,
  now: number,
): Readonly<Partial<Record<'LinkLag' | 'OwnLag' | 'ExpiredLag', number>>> => {
  if (message === undefined || !isFirstSend({ record, message })) return {};
  const lagMs = Math.max(0, now - message.occurredAt);
  if (outcome === 'expired') return { ExpiredLag: lagMs };
  return outcome === 'linked'
    ? { LinkLag: lagMs, OwnLag: Math.max(0, now - message.receivedAt) }
    : {};
};
