import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type MessageAttributeValue,
} from '@aws-sdk/client-sqs';
import { type SqsMessage, sendMessages, toBatches } from '../../shared/aws/sqs.ts';
import { type QueueName, queueNames } from '../../shared/config/limits.ts';
import { messageGroupId, readReplayMark, replayAttributes } from '../../shared/messages/message.ts';
import { queueOf } from '../../shared/messages/queue-of.ts';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import type { SyncOptions } from '../../shared/sync/options.ts';
import type {
  BatchRecord,
  DeadLetterReason,
  FirstFollowUp,
  FollowUp,
  Result,
} from '../../shared/sync/types.ts';
import { progressAttributes } from './records.ts';

/**
 * Carries out the disposition of each record, and sends the follow-ups. Never rejects.
 *
 * If SQS does not accept a message, the record that it was made from stays in the queue:
 *
 * - for a copy or a follow-up, the record comes back when the message would have come. It changes nothing then, and
 *   the follow-up is sent because the record was tried before;
 * - for a dead letter, the record comes back after the visibility timeout.
 * @returns the records that stay in the queue
 */
export async function dispose(
  options: Pick<SyncOptions, 'sqs' | 'queueUrls' | 'deadLetterQueueUrl' | 'logger'>,
  results: ReadonlyMap<BatchRecord, Result>,
  followUps: readonly FirstFollowUp[],
  now: number,
): Promise<ReadonlySet<BatchRecord>> {
  const requeued: Outgoing[] = [];
  const deadLetters = new Map<BatchRecord, SqsMessage>();
  const own = ownQueue(options.queueUrls, [...results.keys()]);
  for (const [delivery, { outcome, disposition }] of results) {
    if (disposition.action === 'requeue') {
      const { message, delaySeconds } = disposition;
      const copy =
        message === undefined
          ? toRequeued(delivery, delaySeconds, { isFound: outcome.outcome === 'waiting' })
          : toSqsMessage({ message, delaySeconds });
      requeued.push([delivery, copy, queueOf(message ?? delivery.message, own)]);
    } else if (disposition.action === 'dead-letter') {
      deadLetters.set(delivery, toDeadLetter(delivery, disposition, now));
    } else if (disposition.action === 'retry-later') {
      // The attributes count the tries so far.
      const progress = progressAttributes(delivery);
      const copy = toRequeued(delivery, disposition.delaySeconds, { progress });
      requeued.push([delivery, copy, queueOf(delivery.message, own)]);
    }
  }

  const outgoing = [...requeued, ...followUps.map(sentFor(results, own))];
  const sendTo = (name: QueueName) => {
    const messages = outgoing.flatMap(([, message, queue]) => (queue === name ? [message] : []));
    return sendMessages(options, options.queueUrls[name], messages);
  };
  const [unsentDeadLetters, ...unsentByQueue] = await Promise.all([
    sendMessages(options, options.deadLetterQueueUrl, [...deadLetters.values()]),
    ...queueNames.map(sendTo),
  ]);
  const unsent = new Set(unsentByQueue.flatMap((messages) => [...messages]));
  const comingBack = new Map(
    outgoing.flatMap(([delivery, message]): [BatchRecord, number][] =>
      delivery !== undefined && unsent.has(message) ? [[delivery, message.DelaySeconds ?? 0]] : [],
    ),
  );
  await hide(options, comingBack);
  const undead = [...deadLetters].filter(([, message]) => unsentDeadLetters.has(message));
  return new Set([...comingBack.keys(), ...undead.map(([one]) => one)]);
}

/**
 * A follow-up as a message, with the record that stays in the queue if SQS does not accept the message. That is a
 * record that is done, because all others come back in any case. The other queue carries the confirmation of a
 * write, so that confirmations do not delay later changes in the same queue.
 */
function sentFor(results: ReadonlyMap<BatchRecord, Result>, own: QueueName) {
  const other = own === 'changes' ? 'lookups' : 'changes';
  return (followUp: FirstFollowUp): Outgoing => {
    const isDone = (one: BatchRecord) => results.get(one)?.disposition.action === 'acknowledge';
    const queue = queueOf(followUp.message, other);
    return [followUp.madeFrom.find(isDone), toSqsMessage(followUp), queue];
  };
}

/** A message to send, the record that stays in its queue if SQS does not accept it, and the queue it goes to. */
type Outgoing = [BatchRecord | undefined, SqsMessage, QueueName];

/**
 * A copy of a record, in the group of its message. The copy keeps the mark of a replay.
 * @param copy.isFound whether this try found a Task
 * @param copy.progress the tries so far, as attributes. Undefined: the tries start again
 */
export function toRequeued(
  { record, message }: Pick<BatchRecord, 'record' | 'message'>,
  delaySeconds: number,
  {
    isFound = false,
    progress = {},
  }: { isFound?: boolean; progress?: Readonly<Record<string, MessageAttributeValue>> } = {},
): SqsMessage {
  const group = message === undefined ? record.attributes.MessageGroupId : messageGroupId(message);
  const mark = readReplayMark(record.messageAttributes);
  const attributes = { ...(mark !== undefined && replayAttributes(mark)), ...progress };
  return {
    MessageBody:
      isFound && message?.kind === 'ticket-change'
        ? JSON.stringify({ ...message, meta: { ...message.meta, found: true } })
        : record.body,
    DelaySeconds: delaySeconds,
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: attributes }),
    ...(group !== undefined && { MessageGroupId: group }),
  };
}

const maxDetailLength = 256;

/**
 * A record as a dead letter. The body is unchanged, so a replay sends what was received. The attributes hold what the
 * body does not, and no ticket: SQS encrypts only bodies. Times are milliseconds since 1970. SQS allows ten
 * attributes, none of them empty. If the message is not valid, its message group gives the source. A reconcile has no
 * source. The dead letter keeps the mark of a replay.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
 */
export function toDeadLetter(
  { record, tries, sentAt, message }: Pick<BatchRecord, 'record' | 'tries' | 'sentAt' | 'message'>,
  { reason, detail }: { reason: DeadLetterReason; detail: string },
  now: number,
): SqsMessage {
  const group = message === undefined ? record.attributes.MessageGroupId : messageGroupId(message);
  const mark = readReplayMark(record.messageAttributes);
  const source = SourceName.safeParse(group).data;
  return {
    MessageBody: record.body,
    MessageAttributes: {
      reason: text(reason),
      detail: text(detail.slice(0, maxDetailLength) || reason),
      tries: number(tries),
      firstSeen: number(message?.meta.receivedAt ?? sentAt),
      lastTried: number(now),
      ...(source !== undefined && { source: text(source) }),
      ...(mark !== undefined && replayAttributes(mark)),
    },
  };
}

function toSqsMessage({ message, delaySeconds }: FollowUp): SqsMessage {
  return {
    MessageBody: JSON.stringify(message),
    DelaySeconds: delaySeconds,
    MessageGroupId: messageGroupId(message),
  };
}

type Queues = Pick<SyncOptions, 'sqs' | 'queueUrls' | 'logger'>;

/**
 * Deletes records before Lambda does. If the function crashes, Lambda deletes none. Never rejects: if SQS does not
 * delete a record, Lambda deletes it later, or SQS delivers it again.
 */
export async function acknowledge(
  { sqs, queueUrls, logger }: Queues,
  records: readonly BatchRecord[],
): Promise<void> {
  const QueueUrl = queueUrls[ownQueue(queueUrls, records)];
  await requestInBatches('DeleteMessageBatch', logger, records.map(toEntry), (Entries) =>
    sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })),
  );
}

/**
 * Sets how long SQS hides records from now, in seconds. Never rejects: if it fails, the visibility timeout of the
 * last receive applies.
 */
export async function hide(
  { sqs, queueUrls, logger }: Queues,
  seconds: ReadonlyMap<BatchRecord, number>,
): Promise<void> {
  const QueueUrl = queueUrls[ownQueue(queueUrls, [...seconds.keys()])];
  const entries = [...seconds].map(([record, VisibilityTimeout], index) => ({
    ...toEntry(record, index),
    VisibilityTimeout,
  }));
  await requestInBatches('ChangeMessageVisibilityBatch', logger, entries, (Entries) =>
    sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
  );
}

/** The name of the queue that records come from. All records of one invocation come from one queue. */
export function ownQueue(
  { lookups }: SyncOptions['queueUrls'],
  [first]: readonly BatchRecord[],
): QueueName {
  // A test event of Lambda's console may have no ARN.
  const name = String(first?.record.eventSourceARN).split(':').at(-1);
  return lookups.endsWith(`/${name}`) ? 'lookups' : 'changes';
}

function toEntry({ record }: BatchRecord, index: number) {
  return { Id: String(index), ReceiptHandle: record.receiptHandle };
}

async function requestInBatches<Entry>(
  name: string,
  logger: SyncOptions['logger'],
  entries: readonly Entry[],
  send: (entries: Entry[]) => Promise<{ Failed?: { Code: string | undefined }[] | undefined }>,
): Promise<void> {
  const sendBatch = async (batch: Entry[]): Promise<void> => {
    try {
      const { Failed = [] } = await send(batch);
      for (const { Code } of Failed) logger.warn(`${name} failed`, { code: Code });
    } catch (error) {
      const code = error instanceof Error ? error.name : typeof error;
      logger.warn(`${name} failed`, { code });
    }
  };
  await Promise.all(toBatches(entries).map(sendBatch));
}

function text(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value };
}

function number(value: number): MessageAttributeValue {
  return { DataType: 'Number', StringValue: String(value) };
}
