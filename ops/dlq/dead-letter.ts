import type { Message as Received } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { groupOf, Message } from '../../shared/message/message.ts';
import { sourceOf } from '../../shared/message/ticket-change.ts';
import { jsonText } from '../../shared/runtime/json-text.ts';

/** Of a message that SQS moved by itself: no try of it came to an end (a crash or time-out of the sync). */
export const neverFinished = 'never-finished';

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
  /** Undefined where the body is none of our messages. */
  readonly message: Message | undefined;
  /** The message group it belongs to in the queue of changes. */
  readonly group: string | undefined;
  /** Of the latest time that it was received. */
  readonly receiptHandle: string;
}

/** What the sync writes beside a message that it gives up: lambdas/sync/fate/dead-letter.ts. */
const Attributes = z.object({
  reason: z.string().optional(),
  detail: z.string().optional(),
  tries: z.coerce.number().optional(),
  firstSeen: z.coerce.number().optional(),
  lastTried: z.coerce.number().optional(),
  source: z.string().optional(),
  ticket: z.string().optional(),
  task: z.string().optional(),
  replay: z.string().optional(),
});

const textsOf = ({ MessageAttributes = {} }: Received): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
  );

/** A message of the dead-letter queue, received with all of its attributes. Never throws. */
export const readDeadLetter = (received: Received): DeadLetter => {
  const { MessageId = '', Body = '', ReceiptHandle = '', Attributes: system = {} } = received;
  // One attribute that is not as we write it is no reason to hide the message.
  const told = Attributes.safeParse(textsOf(received)).data ?? {};
  const message = jsonText(Message).safeParse(Body).data;
  const ticket = message?.kind === 'ticket-change' ? message.ticket : told.ticket;
  const source = ticket === undefined ? told.source : sourceOf(ticket);
  const sentAt = Number(system.SentTimestamp ?? 0);
  return {
    id: MessageId,
    reason: told.reason ?? neverFinished,
    detail: told.detail,
    tries: told.tries,
    firstSeen: message?.receivedAt ?? told.firstSeen ?? sentAt,
    sentAt,
    lastTried: told.lastTried,
    source,
    ticket,
    task: message?.kind === 'settle' ? message.taskSid : told.task,
    replay: told.replay,
    body: Body,
    message,
    group: message === undefined ? (source ?? system.MessageGroupId) : groupOf(message),
    receiptHandle: ReceiptHandle,
  };
};
