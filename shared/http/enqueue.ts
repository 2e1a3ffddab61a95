import { SendMessageBatchCommand, type SendMessageBatchCommandOutput } from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import { toBatches } from '../aws/sqs.ts';
import { type Message, messageGroupId } from '../messages/message.ts';
import { HttpError, Unavailable } from './errors.ts';

/** The part of an SQS client that is used here. */
export interface SqsBatchSender {
  send(command: SendMessageBatchCommand): Promise<SendMessageBatchCommandOutput>;
}

export interface EnqueueOptions<M extends Message = Message> {
  sqs: SqsBatchSender;
  /** The URL of the queue that a message goes to. */
  queueUrlOf: (message: M) => string;
  /** If there are more messages, none is sent. */
  maxMessages?: number;
  /** DelaySeconds of a message. Default: 0. */
  delaySecondsOf?: (message: M) => number;
  /** Waits for a number of milliseconds. */
  sleep: (ms: number) => Promise<unknown>;
  /** A random number from 0 up to 1. */
  random: () => number;
}

/**
 * How many messages a webhook can send before it must respond, with time left: SQS accepts them in 500 requests, 16
 * at a time. HubSpot sends 100 events in a request, Salesforce 100 notifications.
 *
 * Sources: https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide and
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_notifications.htm
 */
export const maxMessagesPerRequest = 5000;

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
 * Sends every message to its queue. A message that SQS rejects is sent again a few times, without the
 * others of its batch.
 * @throws HttpError if there are more than `maxMessages`. Then none is sent
 * @throws Unavailable if SQS has not accepted all messages. It may have accepted some. It is safe to send all of
 * them again, because a message that is applied twice changes nothing
 */
export async function enqueue<M extends Message>(
  messages: readonly M[],
  options: EnqueueOptions<M>,
): Promise<void> {
  const { maxMessages = Number.POSITIVE_INFINITY } = options;
  if (messages.length > maxMessages) {
    throw new HttpError(
      'payload-too-large',
      `The request gives ${messages.length} changes; at most ${maxMessages}: send fewer events at once`,
    );
  }
  const toEntry = (message: M, index: number): Entry => ({
    Id: String(index),
    MessageBody: JSON.stringify(message),
    MessageGroupId: messageGroupId(message),
    DelaySeconds: options.delaySecondsOf?.(message) ?? 0,
  });
  const bytes = ({ MessageBody }: Entry) => Buffer.byteLength(MessageBody);
  const limit = pLimit(maxConcurrentBatches);
  const sent = await Promise.allSettled(
    [...Map.groupBy(messages, options.queueUrlOf)].flatMap(([queueUrl, ofQueue]) =>
      toBatches(ofQueue.map(toEntry), bytes).map((batch) =>
        limit(() => sendBatch(queueUrl, batch, options)),
      ),
    ),
  );
  for (const result of sent) if (result.status === 'rejected') throw result.reason;
}

async function sendBatch(
  queueUrl: string,
  batch: readonly Entry[],
  { sqs, sleep, random }: Pick<EnqueueOptions, 'sqs' | 'sleep' | 'random'>,
): Promise<void> {
  let pending = batch;
  let codes: (string | undefined)[] = [];
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    if (attempt > 0) await sleep(baseDelayMs * 2 ** (attempt - 1) * (0.5 + random() / 2));
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...pending] });
    const { Successful = [], Failed = [] } = await sqs.send(command).catch((cause: unknown) => {
      throw new Unavailable('SendMessageBatch failed', { cause });
    });
    // A message counts as sent only if SQS names it in the response.
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
