import type { SQSRecord } from 'aws-lambda';
import type { TicketChange } from '../../shared/message/ticket-change.ts';

/** A record as SQS handed it over. */
export interface Received {
  readonly record: SQSRecord;
  /** How often SQS has handed it over, this time included. */
  readonly tries: number;
}

/** A record whose message we understand. */
export interface Delivery extends Received {
  readonly change: TicketChange;
}
