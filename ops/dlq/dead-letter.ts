import type { MessageAttributeValue, Message as Received } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { Message, messageGroupId } from '../../shared/messages/message.ts';
import { sourceOf } from '../../shared/messages/ticket-change.ts';

/** Of a message that SQS moved by itself: no try of it came to an end (a crash or time-out of the sync). */
export const syncDidNotFinish = 'sync-did-not-finish';

/** One message of the dead-letter queue. Times are milliseconds since 1970. */
export interface DeadLetter {
  /** Its SQS message id in this queue; the same however often it is received. */
  readonly id: string;
  readonly reason: string;
  readonly detail: string | undefined;
  /** Undefined where nobody counted them. */
  readonly tries: number | undefined;
  /** When the change was taken in. */
  readonly firstSeen: number;
  /** From when on SQS counts how long it keeps it. */
  readonly sentAt: number;
  readonly lastTried: number | undefined;
  readonly source: string | undefined;
  readonly ticket: string | undefined;
  readonly task: string | undefined;
  /** The replay that it is a dead letter again after. */
  readonly replay: string | undefined;
  readonly body: string;
  /** All that its sender wrote beside the body, whoever that was. */
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** Undefined where the body is none of our messages. */
  readonly message: Message | undefined;
  /** The message group it belongs to in the queue of changes. */
  readonly group: string | undefined;
  /** Of the latest time that it was received. */
  readonly receiptHandle: string;
}

const text = z.string().optional().catch(undefined);

const number = z.coerce.number().optional().catch(undefined);

/**
 * What the sync writes beside a message that it gives up: lambdas/sync/dispose.ts. One that is not as
 * we write it is as if it were not there.
 */
const DeadLetterAttributes = z.object({
  reason: text,
  detail: text,
  tries: number,
  firstSeen: number,
  lastTried: number,
  source: text,
  ticket: text,
  task: text,
  replay: text,
});

/** A message of the dead-letter queue, received with all of its attributes. Never throws. */
export function readDeadLetter(received: Received): DeadLetter {
  const { MessageId = '', Body = '', ReceiptHandle = '', MessageAttributes = {} } = received;
  const { Attributes: systemAttributes = {} } = received;
  const parsed = DeadLetterAttributes.parse(stringValues(MessageAttributes));
  const message = jsonText(Message).safeParse(Body).data;
  const ticket = message?.kind === 'ticket-change' ? message.change.ticket : parsed.ticket;
  const source = ticket === undefined ? parsed.source : sourceOf(ticket);
  const sentAt = Number(systemAttributes.SentTimestamp ?? 0);
  return {
    id: MessageId,
    reason: parsed.reason ?? syncDidNotFinish,
    detail: parsed.detail,
    tries: parsed.tries,
    firstSeen: message?.meta.receivedAt ?? parsed.firstSeen ?? sentAt,
    sentAt,
    lastTried: parsed.lastTried,
    source,
    ticket,
    task: message?.kind === 'reconcile' ? message.meta.taskSid : parsed.task,
    replay: parsed.replay,
    body: Body,
    attributes: MessageAttributes,
    message,
    group:
      message === undefined ? (source ?? systemAttributes.MessageGroupId) : messageGroupId(message),
    receiptHandle: ReceiptHandle,
  };
}

function stringValues(
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]),
  );
}
