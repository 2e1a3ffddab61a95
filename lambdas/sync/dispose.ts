import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchRequestEntry,
  type MessageAttributeValue,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { type SqsMessage, sendMessages, toBatches } from '../../shared/aws/sqs.ts';
import { messageGroupId, readReplayMark, replayAttributes } from '../../shared/messages/message.ts';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import type { DeadLetterReason } from './disposition.ts';
import type { SyncOptions } from './options.ts';
import type { FollowUp } from './recheck.ts';
import type { Handled } from './types.ts';

interface Outgoing {
  readonly handled: Handled;
  readonly message: SqsMessage;
}

/**
 * Does with each record what was decided for it, and sends what is to come later. Never rejects. What
 * SQS does not take of the latter is logged: what it was to guard has been done.
 * @returns The records that stay in the queue: those given back, and those whose copy or dead letter
 * SQS did not take, for a record may only go when something else holds its message.
 */
export async function dispose(
  options: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'deadLetterQueueUrl' | 'logger'>,
  batch: readonly Handled[],
  followUps: readonly FollowUp[],
  now: number,
): Promise<ReadonlySet<Handled>> {
  const requeued: Outgoing[] = [];
  const deadLetters: Outgoing[] = [];
  const retriedLater: { record: Handled['record']; visibilitySeconds: number }[] = [];
  const keptInQueue = new Set<Handled>();
  for (const handled of batch) {
    const { record, disposition: fate } = handled;
    if (fate.action === 'send-again') {
      const { message: followUps, delaySeconds } = fate;
      const message =
        followUps === undefined
          ? toRequeued(handled, delaySeconds)
          : toSqsMessage({ message: followUps, delaySeconds });
      requeued.push({ handled, message });
    } else if (fate.action === 'dead-letter') {
      deadLetters.push({ handled, message: toDeadLetter(handled, fate, now) });
    } else if (fate.action === 'give-back') {
      retriedLater.push({ record, visibilitySeconds: fate.visibilitySeconds });
      keptInQueue.add(handled);
    }
  }
  const send = async (queueUrl: string, outgoing: readonly Outgoing[]): Promise<void> => {
    const messages = outgoing.map(({ message }) => message);
    const sent = await sendMessages(options, queueUrl, messages);
    outgoing.forEach(({ handled }, index) => {
      if (sent[index] !== true) keptInQueue.add(handled);
    });
  };
  await Promise.all([
    send(options.queueUrl, requeued),
    send(options.deadLetterQueueUrl, deadLetters),
    sendMessages(options, options.queueUrl, followUps.map(toSqsMessage)),
    changeVisibility(options, retriedLater),
  ]);
  return keptInQueue;
}

/**
 * A fresh copy of a record for the queue it came from, in the group that its message has. A replayed one
 * can still be followed.
 */
export function toRequeued(
  { record, message }: Pick<Handled, 'record' | 'message'>,
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
 * A record as it goes to the dead-letter queue: the body untouched, so that a replay sends what was
 * received, and beside it what an operator sorts and filters by. Times are milliseconds since 1970.
 * SQS allows ten attributes and none that is empty. Where the body does not tell the source, the
 * message's group does; a settle has none. One that was replayed bears the mark of that.
 */
export function toDeadLetter(
  { record, tries, message }: Pick<Handled, 'record' | 'tries' | 'message'>,
  { reason, detail }: { readonly reason: DeadLetterReason; readonly detail: string },
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
      firstSeen: number(message?.receivedAt ?? Number(record.attributes.SentTimestamp)),
      lastTried: number(now),
      ...(source !== undefined && { source: text(source) }),
      ...(message?.kind === 'ticket-change' && { ticket: text(message.ticket) }),
      ...(message?.kind === 'settle' && { task: text(message.taskSid) }),
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
 * Sets when each record that stays in the queue is handed over again. Never rejects: where it does
 * not work, the queue's visibility time-out stands in, which is only later.
 */
async function changeVisibility(
  { sqs, queueUrl, logger }: Pick<SyncOptions, 'sqs' | 'queueUrl' | 'logger'>,
  records: readonly { readonly record: SQSRecord; readonly visibilitySeconds: number }[],
): Promise<void> {
  const entries = records.map(({ record, visibilitySeconds }, index) => ({
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
      for (const { Code } of Failed) logger.warn('visibility not changed', { code: Code });
    } catch (error) {
      const code = error instanceof Error ? error.name : typeof error;
      logger.warn('visibility not changed', { code });
    }
  };
  await Promise.all(toBatches(entries).map(changeBatch));
}

function text(value: string): MessageAttributeValue {
  return {
    DataType: 'String',
    StringValue: value,
  };
}

function number(value: number): MessageAttributeValue {
  return {
    DataType: 'Number',
    StringValue: String(value),
  };
}
