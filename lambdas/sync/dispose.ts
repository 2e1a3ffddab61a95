import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchRequestEntry,
  type MessageAttributeValue,
} from '@aws-sdk/client-sqs';
import { type SqsMessage, sendMessages, toBatches } from '../../shared/aws/sqs.ts';
import { messageGroupId, readReplayMark, replayAttributes } from '../../shared/messages/message.ts';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import type { SyncOptions } from '../../shared/sync/options.ts';
import type { BatchRecord, DeadLetterReason, FollowUp, Result } from '../../shared/sync/types.ts';

/**
 * Carries out the disposition of each record, and sends the follow-ups. Never rejects. A follow-up that
 * SQS does not take is logged only: the write that it would check has been made.
 * @returns the records that stay in the queue: those to retry later, and those whose copy or dead letter
 * SQS did not take, because a record may only be deleted once another one holds its message
 */
export async function dispose(
  options: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'deadLetterQueueUrl' | 'logger'>,
  results: ReadonlyMap<BatchRecord, Result>,
  followUps: readonly FollowUp[],
  now: number,
): Promise<ReadonlySet<BatchRecord>> {
  const requeued = new Map<BatchRecord, SqsMessage>();
  const deadLetters = new Map<BatchRecord, SqsMessage>();
  const retriedLater = new Map<BatchRecord, number>();
  for (const [delivery, { disposition }] of results) {
    if (disposition.action === 'requeue') {
      const { message, delaySeconds } = disposition;
      const copy =
        message === undefined
          ? toRequeued(delivery, delaySeconds)
          : toSqsMessage({ message, delaySeconds });
      requeued.set(delivery, copy);
    } else if (disposition.action === 'dead-letter') {
      deadLetters.set(delivery, toDeadLetter(delivery, disposition, now));
    } else if (disposition.action === 'retry-later') {
      retriedLater.set(delivery, disposition.visibilitySeconds);
    }
  }

  const keptInQueue = new Set<BatchRecord>(retriedLater.keys());
  const send = async (
    queueUrl: string,
    outgoing: ReadonlyMap<BatchRecord, SqsMessage>,
  ): Promise<void> => {
    const unsent = await sendMessages(options, queueUrl, [...outgoing.values()]);
    for (const [delivery, message] of outgoing) {
      if (unsent.has(message)) keptInQueue.add(delivery);
    }
  };
  await Promise.all([
    send(options.queueUrl, requeued),
    send(options.deadLetterQueueUrl, deadLetters),
    sendMessages(options, options.queueUrl, followUps.map(toSqsMessage)),
    changeVisibility(options, retriedLater),
  ]);
  return keptInQueue;
}

/** A copy of a record with fresh tries, in the group of its message. The mark of a replay stays. */
export function toRequeued(
  { record, message }: Pick<BatchRecord, 'record' | 'message'>,
  delaySeconds: number,
): SqsMessage {
  const group = message === undefined ? record.attributes.MessageGroupId : messageGroupId(message);
  const mark = readReplayMark(record.messageAttributes);
  return {
    MessageBody: record.body,
    DelaySeconds: delaySeconds,
    ...(mark !== undefined && { MessageAttributes: replayAttributes(mark) }),
    ...(group !== undefined && { MessageGroupId: group }),
  };
}

const maxDetailLength = 256;

/**
 * A record as a dead letter: the body unchanged, so that a replay sends what was received, and as
 * attributes what an operator sorts and filters by. Times are milliseconds since 1970. SQS allows ten
 * attributes and no empty one. If the message is not valid, the message group names the source; a
 * reconcile has none. The mark of a replay stays.
 */
export function toDeadLetter(
  { record, tries, message }: Pick<BatchRecord, 'record' | 'tries' | 'message'>,
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
      firstSeen: number(message?.meta.receivedAt ?? Number(record.attributes.SentTimestamp)),
      lastTried: number(now),
      ...(source !== undefined && { source: text(source) }),
      ...(message?.kind === 'ticket-change' && { ticket: text(message.change.ticket) }),
      ...(message?.kind === 'reconcile' && { task: text(message.meta.taskSid) }),
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

/**
 * Sets how long SQS hides each record, in seconds. Never rejects: if it fails, the queue's own
 * visibility timeout applies, which is only later.
 */
async function changeVisibility(
  { sqs, queueUrl, logger }: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'logger'>,
  retriedLater: ReadonlyMap<BatchRecord, number>,
): Promise<void> {
  const entries = [...retriedLater].map(([{ record }, visibilitySeconds], index) => ({
    Id: String(index),
    ReceiptHandle: record.receiptHandle,
    VisibilityTimeout: visibilitySeconds,
  }));
  const changeBatch = async (
    Entries: ChangeMessageVisibilityBatchRequestEntry[],
  ): Promise<void> => {
    try {
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      const { Failed = [] } = await sqs.send(command);
      for (const { Code } of Failed) logFailure(Code);
    } catch (error) {
      logFailure(error instanceof Error ? error.name : typeof error);
    }
  };
  const logFailure = (code: string | undefined): void => {
    logger.warn('ChangeMessageVisibilityBatch failed', { code });
  };
  await Promise.all(toBatches(entries).map(changeBatch));
}

function text(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value };
}

function number(value: number): MessageAttributeValue {
  return { DataType: 'Number', StringValue: String(value) };
}
