import type { SQSRecord } from 'aws-lambda';
import type { Reconcile } from '../../shared/message/settle.ts';
import type { TicketChange } from '../../shared/message/ticket-change.ts';

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
