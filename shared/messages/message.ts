import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSMessageAttributes } from 'aws-lambda';
import * as z from 'zod';
import { Link } from './link.ts';
import { sourceOf, TaskSid, TicketChange, TicketKey, Version } from './ticket-change.ts';

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

/** What travels the queue. */
export const Message = z.discriminatedUnion('kind', [TicketChange, Reconcile]);

export type Message = z.infer<typeof Message>;

/** The group of messages that are about a Task and no ticket. No source can have this name. */
const taskGroupId = 'Tasks';

/**
 * What makes a standard queue fair: one group's flood does not hold up the others. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function messageGroupId(message: Message): string {
  return message.kind === 'settle' ? taskGroupId : sourceOf(message.ticket);
}

/** What a replayed message bears, so that its operator can follow it to what it comes to. */
interface ReplayMark {
  /** The replay that it was sent again by. */
  readonly replay: string;
  /** Its SQS message id in the dead-letter queue. A message that is sent again gets another. */
  readonly deadLetterId: string;
}

/** The mark of a message as Lambda hands it over; undefined where it was never replayed. */
export function readReplayMark(attributes: SQSMessageAttributes): ReplayMark | undefined {
  const replay = attributes['replay']?.stringValue;
  const deadLetterId = attributes['letter']?.stringValue;
  return replay === undefined || deadLetterId === undefined ? undefined : { replay, deadLetterId };
}

/** The mark as attributes of a message that is sent. */
export function replayAttributes({
  replay,
  deadLetterId,
}: ReplayMark): Record<keyof ReplayMark, MessageAttributeValue> {
  return {
    replay: { DataType: 'String', StringValue: replay },
    deadLetterId: { DataType: 'String', StringValue: deadLetterId },
  };
}
