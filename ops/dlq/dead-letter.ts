import type { MessageAttributeValue, Message as Received } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { Message, messageGroupId } from '../../shared/messages/message.ts';
import { sourceOf } from '../../shared/messages/ticket-change.ts';

/** One message of a queue. Times are milliseconds since 1970. */
export interface DeadLetter {
  /** The SQS message id in this queue. */
  id: string;
  reason: string;
  detail: string | undefined;
  /** How often sync tried the message. Undefined if SQS itself moved it. */
  tries: number | undefined;
  /** When the change was accepted. */
  firstSeen: number;
  /** When the message was sent to this queue. SQS counts the retention from this time. */
  sentAt: number;
  lastTried: number | undefined;
  source: string | undefined;
  ticket: string | undefined;
  task: string | undefined;
  /** The last replay of the message, if the message became a dead letter again. */
  replay: string | undefined;
  body: string;
  /** All message attributes. */
  attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** The parsed message. Undefined if the body is not one of our messages. */
  message: Message | undefined;
  /** For an EventBridge event: its id and its `detail-type`. */
  event?: { id: string; type: string } | undefined;
  /** Its message group in the queue. */
  group: string | undefined;
  /** The receipt handle of the receive that returned the message. */
  receiptHandle: string;
}

const text = z.string().optional().catch(undefined);

const number = z.coerce.number().optional().catch(undefined);

/** The attributes that sync writes to a dead letter: lambdas/sync/dispose.ts. Invalid ones are ignored. */
const DeadLetterAttributes = z.object({
  reason: text,
  detail: text,
  tries: number,
  firstSeen: number,
  lastTried: number,
  source: text,
  replay: text,
});

/** A message of the dead-letter queue, received with all of its attributes. Never throws. */
export function readDeadLetter(received: Received): DeadLetter {
  const { MessageId = '', Body = '', ReceiptHandle = '', MessageAttributes = {} } = received;
  const { Attributes: systemAttributes = {} } = received;
  const parsed = DeadLetterAttributes.parse(stringValues(MessageAttributes));
  const message = jsonText(Message).safeParse(Body).data;
  const ticket = message?.kind === 'ticket-change' ? message.change.ticket : undefined;
  const source = ticket === undefined ? parsed.source : sourceOf(ticket);
  const sentAt = Number(systemAttributes.SentTimestamp ?? 0);
  return {
    id: MessageId,
    // SQS itself moves a message if sync cannot start.
    reason: parsed.reason ?? 'sync-did-not-finish',
    detail: parsed.detail,
    tries: parsed.tries,
    firstSeen: message?.meta.receivedAt ?? parsed.firstSeen ?? sentAt,
    sentAt,
    lastTried: parsed.lastTried,
    source,
    ticket,
    task: message?.kind === 'reconcile' ? message.meta.taskSid : undefined,
    replay: parsed.replay,
    body: Body,
    attributes: MessageAttributes,
    message,
    group:
      message === undefined ? (source ?? systemAttributes.MessageGroupId) : messageGroupId(message),
    receiptHandle: ReceiptHandle,
  };
}

/** Why an event is in the event dead-letter queue. */
export type EventReason = 'crm-change-failed' | 'not-delivered';

/**
 * An EventBridge event that Lambda or EventBridge has given up, with the attributes that they added. Never throws.
 * Its body is the whole event of the CRM, and may contain personal data.
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function readEvent(received: Received): DeadLetter {
  const { MessageId = '', Body = '', ReceiptHandle = '', MessageAttributes = {} } = received;
  const attributes = EventAttributes.parse(stringValues(MessageAttributes));
  const { ErrorMessage, ERROR_CODE: code, ERROR_MESSAGE: message } = attributes;
  const event = jsonText(PartnerEvent).safeParse(Body).data;
  const sentAt = Number(received.Attributes?.SentTimestamp ?? 0);
  return {
    id: MessageId,
    reason: (code === undefined ? 'crm-change-failed' : 'not-delivered') satisfies EventReason,
    detail: code === undefined ? ErrorMessage : [code, message].filter(Boolean).join(': '),
    tries: undefined,
    firstSeen: event?.time ?? sentAt,
    sentAt,
    lastTried: undefined,
    source: event?.source,
    ticket: undefined,
    task: undefined,
    replay: undefined,
    body: Body,
    attributes: MessageAttributes,
    message: undefined,
    event: event && { id: event.id, type: event['detail-type'] },
    group: undefined,
    receiptHandle: ReceiptHandle,
  };
}

const EventAttributes = z.object({ ErrorMessage: text, ERROR_CODE: text, ERROR_MESSAGE: text });

const PartnerEvent = z.object({
  id: z.string(),
  source: z.string(),
  'detail-type': z.string(),
  time: z.iso.datetime().transform((time) => Date.parse(time)),
});

/** The values of message attributes that are text. */
function stringValues(
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]),
  );
}
