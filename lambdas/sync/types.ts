import type { SQSRecord } from 'aws-lambda';
import type { Message, Reconcile } from '../../shared/messages/message.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import type { Disposition } from './disposition.ts';
import type { Outcome } from './outcome.ts';
import type { TaskUpdate } from './update-task.ts';

/** A record with what it came to and what becomes of it. */
export interface Handled extends Received {
  /** Missing where the message could not be read. */
  readonly message?: Message;
  readonly outcome: Outcome;
  /** The Tasks it went to. */
  readonly updates: readonly TaskUpdate[];
  readonly disposition: Disposition;
}

/** A record as SQS handed it over. */
export interface Received {
  readonly record: SQSRecord;
  /** How often SQS has handed it over, this time included. */
  readonly tries: number;
  /** When it did so for the first time, milliseconds since 1970. */
  readonly firstTriedAt: number;
}

/** A record that holds a change of a ticket. */
export interface Delivery extends Received {
  readonly change: TicketChange;
}

/** A record that has a Task looked after. */
export interface SettleDelivery extends Received {
  readonly settle: Reconcile;
}
