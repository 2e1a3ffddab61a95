import { setTimeout as delay } from 'node:timers/promises';
import { GetQueueAttributesCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { failuresIn } from './partial-response.ts';
import { giveBack, receive, remove } from './received-messages.ts';
import { sqsRecord } from './sqs-record.ts';

export interface EventSource {
  /** Takes no more messages, gives back what was not handed over, waits for what runs. */
  stop(): Promise<void>;
}

/** Long polls are kept short and never aborted: this bounds how long a stop may take. */
const longPollSeconds = 1;
const pauseMs = 25;
const pauseAfterErrorMs = 500;

/**
 * Does for a function what Lambda's SQS event source mapping does: gathers up to `batchSize`
 * messages or what `windowMs` brings, invokes at most `maximumConcurrency` at once, deletes what
 * did not fail. What failed, and a whole batch whose invocation threw, waits for its visibility
 * timeout.
 */
export const startEventSource = async (options: {
  sqs: SQSClient;
  queueUrl: string;
  batchSize: number;
  windowMs: number;
  maximumConcurrency: number;
  invoke: (event: SQSEvent) => Promise<unknown>;
  log: (line: string) => void;
}): Promise<EventSource> => {
  const { sqs, queueUrl, batchSize, log } = options;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  const queueArn = Attributes?.QueueArn ?? '';
  const running = new Set<Promise<void>>();
  let stopping = false;

  const take = async (limit: number, waitSeconds: number): Promise<Message[]> => {
    try {
      return await receive(sqs, queueUrl, limit, waitSeconds);
    } catch (error) {
      log(`cannot receive from ${queueUrl}: ${error}`);
      await delay(pauseAfterErrorMs);
      return [];
    }
  };

  const gather = async (): Promise<Message[]> => {
    const batch = await take(batchSize, longPollSeconds);
    const end = Date.now() + options.windowMs;
    while (batch.length > 0 && batch.length < batchSize && !stopping && Date.now() < end) {
      const more = await take(batchSize - batch.length, 0);
      if (more.length === 0) await delay(Math.min(pauseMs, Math.max(0, end - Date.now())));
      batch.push(...more);
    }
    return batch;
  };

  const invoke = async (batch: readonly Message[]): Promise<ReadonlySet<string>> => {
    const ids = new Set(batch.map(({ MessageId = '' }) => MessageId));
    const Records = batch.map((message) => sqsRecord(message, queueArn));
    try {
      return failuresIn(await options.invoke({ Records }), ids);
    } catch (error) {
      log(`a batch of ${batch.length} failed: ${error}`);
      return ids;
    }
  };

  const handle = async (batch: readonly Message[]): Promise<void> => {
    const failed = await invoke(batch);
    const done = batch.filter(({ MessageId = '' }) => !failed.has(MessageId));
    await remove(sqs, queueUrl, done).catch((error) => {
      log(`cannot delete from ${queueUrl}: ${error}`);
    });
  };

  const poll = async (): Promise<void> => {
    while (!stopping) {
      if (running.size >= options.maximumConcurrency) {
        await Promise.race(running);
        continue;
      }
      const batch = await gather();
      if (stopping) return giveBack(sqs, queueUrl, batch);
      if (batch.length === 0) continue;
      const run = handle(batch).finally(() => running.delete(run));
      running.add(run);
    }
  };
  const polling = poll().catch((error) => log(`cannot give back to ${queueUrl}: ${error}`));

  return {
    stop: async () => {
      stopping = true;
      await polling;
      await Promise.all(running);
    },
  };
};
