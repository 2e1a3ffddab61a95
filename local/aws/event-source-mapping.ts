import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';
import { toBatches } from '../../shared/aws/sqs.ts';

export interface EventSourceMapping {
  uuid: string;
  queueArn: string;
  /** The state, in Lambda's words. It is `Disabling` until no batch runs any more, then `Disabled`. */
  state(): 'Enabled' | 'Disabling' | 'Disabled' | 'Enabling';
  /** Turns the mapping on or off. While it is off, it receives no messages, and batches that run finish. */
  setEnabled(enabled: boolean): void;
  /**
   * Receives no more messages, and waits for running batches. Messages that are in no batch become visible again.
   */
  stop(): Promise<void>;
}

/** Long polls are short because a stop waits for them. */
const longPollSeconds = 1;

const batchPollIntervalMs = 25;

const receiveRetryMs = 500;

/**
 * Works as Lambda's SQS event source mapping. It gathers up to `batchSize` messages within `windowMs`, and runs at
 * most `maximumConcurrency` invocations at once. It deletes the messages that did not fail. A failed message stays
 * hidden until its visibility timeout. If the invocation throws, all messages of the batch do.
 */
export async function startEventSourceMapping(options: {
  sqs: SQSClient;
  queueUrl: string;
  batchSize: number;
  windowMs: number;
  maximumConcurrency: number;
  invoke: (event: SQSEvent) => Promise<unknown>;
  log: (line: string) => void;
}): Promise<EventSourceMapping> {
  const { sqs, queueUrl, batchSize, log } = options;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  const queueArn = Attributes?.QueueArn ?? '';
  const running = new Set<Promise<void>>();
  let stopping = false;
  let enabled = true;
  let isIdle = false;
  let wake = Promise.withResolvers<void>();

  const tryReceive = async (limit: number, waitSeconds: number): Promise<Message[]> => {
    try {
      return await receiveMessages(sqs, queueUrl, limit, waitSeconds);
    } catch (error) {
      log(`cannot receive from ${queueUrl}: ${error}`);
      await delay(receiveRetryMs);
      return [];
    }
  };

  const collectBatch = async (): Promise<Message[]> => {
    const batch = await tryReceive(batchSize, longPollSeconds);
    const windowEnd = Date.now() + options.windowMs;
    while (
      batch.length > 0 &&
      batch.length < batchSize &&
      enabled &&
      !stopping &&
      Date.now() < windowEnd
    ) {
      const more = await tryReceive(batchSize - batch.length, 0);
      if (more.length === 0)
        await delay(Math.min(batchPollIntervalMs, Math.max(0, windowEnd - Date.now())));
      batch.push(...more);
    }
    return batch;
  };

  const invoke = async (batch: readonly Message[]): Promise<ReadonlySet<string>> => {
    const ids = new Set(batch.map(({ MessageId = '' }) => MessageId));
    const Records = batch.map((message) => toSqsRecord(message, queueArn));
    try {
      return failedMessageIds(await options.invoke({ Records }), ids);
    } catch (error) {
      log(`a batch of ${batch.length} failed: ${error}`);
      return ids;
    }
  };

  const processBatch = async (batch: readonly Message[]): Promise<void> => {
    const failed = await invoke(batch);
    const succeeded = batch.filter(({ MessageId = '' }) => !failed.has(MessageId));
    await deleteMessages(sqs, queueUrl, succeeded).catch((error) => {
      log(`cannot delete from ${queueUrl}: ${error}`);
    });
  };

  const poll = async (): Promise<void> => {
    while (!stopping) {
      if (!enabled) {
        isIdle = true;
        await wake.promise;
        isIdle = false;
        continue;
      }
      if (running.size >= options.maximumConcurrency) {
        await Promise.race(running);
        continue;
      }
      const batch = await collectBatch();
      if (stopping) return makeVisible(sqs, queueUrl, batch);
      if (batch.length === 0) continue;
      const run = processBatch(batch).finally(() => running.delete(run));
      running.add(run);
    }
  };
  const polling = poll().catch((error) =>
    log(`cannot make messages visible again in ${queueUrl}: ${error}`),
  );

  return {
    uuid: randomUUID(),
    queueArn,
    state: () => {
      if (enabled) return isIdle ? 'Enabling' : 'Enabled';
      return isIdle && running.size === 0 ? 'Disabled' : 'Disabling';
    },
    setEnabled: (value) => {
      enabled = value;
      if (enabled) wake.resolve();
      else wake = Promise.withResolvers();
    },
    stop: async () => {
      stopping = true;
      wake.resolve();
      await polling;
      await Promise.all(running);
    },
  };
}

/** SQS accepts at most ten messages in a request. */
const maxBatchEntries = 10;

function batchEntries(messages: readonly Message[]) {
  return messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
}

/** Receives up to ten messages with all their attributes. */
async function receiveMessages(
  sqs: SQSClient,
  QueueUrl: string,
  limit: number,
  waitSeconds: number,
): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: Math.min(limit, maxBatchEntries),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

async function deleteMessages(
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> {
  for (const ten of toBatches(messages)) {
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: batchEntries(ten) }));
  }
}

async function makeVisible(
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> {
  for (const ten of toBatches(messages)) {
    const Entries = batchEntries(ten).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}

/**
 * A received message as a record of Lambda's event. The names are in lower case. Binary values are base64.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function toSqsRecord(message: Message, queueArn: string): SQSRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: '',
      SentTimestamp: '',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '',
      ...message.Attributes,
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
        name,
        toLambdaAttribute(value),
      ]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  };
}

/**
 * The ids of a batch's failed messages, read from the function's result as Lambda does with
 * `ReportBatchItemFailures`. No result or an empty list means that no message failed. An item without an id, or
 * with an id that is not in the batch, fails the whole batch.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function failedMessageIds(
  response: unknown,
  messageIds: ReadonlySet<string>,
): ReadonlySet<string> {
  const failures = property(response, 'batchItemFailures');
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return messageIds;
  const failed = new Set<string>();
  for (const failure of failures) {
    const id = property(failure, 'itemIdentifier');
    if (typeof id !== 'string' || !messageIds.has(id)) return messageIds;
    failed.add(id);
  }
  return failed;
}

function toLambdaAttribute(value: MessageAttributeValue): SQSMessageAttribute {
  return {
    ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
    ...(value.BinaryValue !== undefined && {
      binaryValue: Buffer.from(value.BinaryValue).toString('base64'),
    }),
    stringListValues: [],
    binaryListValues: [],
    dataType: value.DataType ?? 'String',
  };
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
