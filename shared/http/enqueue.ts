import { SendMessageBatchCommand, type SendMessageBatchCommandOutput } from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { toBatches } from '../aws/sqs.ts';
import { type Message, messageGroupId } from '../messages/message.ts';
import { Unavailable } from './errors.ts';

/** The part of an SQS client that is used here. */
export interface SqsBatchSender {
  send(command: SendMessageBatchCommand): Promise<SendMessageBatchCommandOutput>;
}

export interface EnqueueOptions {
  sqs: SqsBatchSender;
  queueUrl: string;
  /** DelaySeconds of a message; 0 by default. */
  delaySecondsOf?: (message: Message) => number;
  /** Waits for so many milliseconds. */
  sleep: (ms: number) => Promise<unknown>;
  /** In [0, 1). */
  random: () => number;
}

interface Entry {
  Id: string;
  MessageBody: string;
  MessageGroupId: string;
  DelaySeconds: number;
}

/** A Salesforce event may name thousands of records, and the function has ten seconds. */
const maxConcurrentBatches = 16;

const maxAttempts = 4;

const baseDelayMs = 100;

/**
 * Sends every message to the queue. A message that SQS rejects is sent again a few times, without the
 * others of its batch.
 * @throws Unavailable if SQS does not hold all of them. It may hold some: to send all again is safe,
 * because a message that is applied twice changes nothing.
 */
export async function enqueue(
  messages: readonly Message[],
  options: EnqueueOptions,
): Promise<void> {
  const entries = messages.map((message, index) => ({
    Id: String(index),
    MessageBody: JSON.stringify(message),
    MessageGroupId: messageGroupId(message),
    DelaySeconds: options.delaySecondsOf?.(message) ?? 0,
  }));
  const bytes = ({ MessageBody }: Entry) => Buffer.byteLength(MessageBody);
  const limit = pLimit(maxConcurrentBatches);
  const sent = await Promise.allSettled(
    toBatches(entries, bytes).map((batch) => limit(sendBatch, batch, options)),
  );
  for (const result of sent) if (result.status === 'rejected') throw result.reason;
}

async function sendBatch(
  batch: readonly Entry[],
  { sqs, queueUrl, sleep, random }: EnqueueOptions,
): Promise<void> {
  let pending = batch;
  let codes: (string | undefined)[] = [];
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    if (attempt > 0) await sleep(baseDelayMs * 2 ** (attempt - 1) * (0.5 + random() / 2));
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...pending] });
    const { Successful = [], Failed = [] } = await sqs.send(command).catch((cause: unknown) => {
      throw new Unavailable('SendMessageBatch failed', { cause });
    });
    // A message counts as sent only if SQS names it.
    const sentIds = new Set(Successful.map(({ Id }) => Id));
    pending = pending.filter(({ Id }) => !sentIds.has(Id));
    if (pending.length === 0) return;
    codes = [...new Set(Failed.map(({ Code }) => Code))];
    if (Failed.some(({ SenderFault }) => SenderFault)) break;
  }
  throw new Unavailable(
    `SQS rejected ${pending.length} of ${batch.length} messages (${codes.join(', ')})`,
  );
}
