import * as z from 'zod';
import { Link } from '../media/link.ts';
import { TaskSid, TicketKey, Version } from './ticket-change.ts';

/** What somebody knew of one ticket on a Task: `link: null` says that it was taken away. */
export const KnownTicket = z.strictObject({
  ticket: TicketKey,
  version: Version,
  link: Link.nullable(),
});
export type KnownTicket = z.infer<typeof KnownTicket>;

/**
 * Brings one Task to where it should be by what its own ledger says. Safe at any time, any number of
 * times. Times are milliseconds since 1970.
 */
export const Reconcile = z.strictObject({
  v: z.literal(1),
  kind: z.literal('settle'),
  taskSid: TaskSid,
  /** When what made it worth looking happened: an event of TaskRouter, a write of ours. */
  occurredAt: z.int().nonnegative(),
  /** When it was put on the queue for the first time. */
  receivedAt: z.int().nonnegative(),
  /** Whether the Task was in wrap-up or finished: Twilio deletes it soon. */
  finishing: z.literal(true).optional(),
  /**
   * A confirmation: what was written to the Task, so that it can be written again should somebody have
   * wiped it, ledger and all; which of the confirmations of that write this is, from 1; and how many
   * confirmations before it have had to write, one after the other.
   */
  confirmation: z
    .strictObject({
      tickets: z.array(KnownTicket),
      round: z.int().positive(),
      repairStreak: z.int().nonnegative(),
    })
    .optional(),
});
export type Reconcile = z.infer<typeof Reconcile>;
