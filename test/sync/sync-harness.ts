import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { createSync } from '../../lambdas/sync/sync.ts';
import { toSqsRecord } from '../../local/aws/event-source-mapping.ts';
import { startSqs } from '../../local/aws/sqs.ts';
import type { EmulatorOptions } from '../../local/taskrouter/emulator.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import type { QueueName } from '../../shared/config/limits.ts';
import { giveUpAfterSeconds, minTries } from '../../shared/config/retry-policy.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import type { Message as Body } from '../../shared/messages/message.ts';
import type { SyncOptions } from '../../shared/sync/options.ts';
import { createTaskRouterClient } from '../../shared/taskrouter/client.ts';
import {
  acceptTask,
  account,
  adminRequest,
  jsonOf,
  startEmulator,
  statsOf,
  twilioRequest,
} from '../local/taskrouter/client.ts';
import { lambdaContext, linkConfigs } from './messages.ts';

const Created = z.object({ sid: z.string() });
const QueueJson = z.object({
  messages: z.object({
    ready: z.array(z.unknown()),
    delayed: z.array(
      z.object({
        body: z.string(),
        delayUntil: z.number().optional(),
        messageAttributes: z.record(z.string(), z.object({ StringValue: z.string() })),
      }),
    ),
    inflight: z.array(
      z.object({ message: z.object({ messageId: z.string() }), visibilityDeadline: z.number() }),
    ),
  }),
});

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A TaskRouter emulator, SQS, and a sync between them, until the test ends. */
export const startSyncHarness = async (emulatorOptions: Partial<EmulatorOptions> = {}) => {
  const emulator = await startEmulator(emulatorOptions);
  const queues = await startSqs({
    queues: ['changes', 'lookups'],
    deadLetterQueue: 'dead',
    eventDeadLetterQueue: 'event-dead-letters',
    visibilitySeconds: 180,
    maxReceiveCount: 100,
  });
  onTestFinished(queues.close);
  const { sqs, deadLetterQueueUrl } = queues;
  const { changes: queueUrl } = queues.queueUrls;
  const taskRouter = createTaskRouterClient({
    credentials: account,
    workspaceSid: account.workspaceSid,
    url: emulator.url,
    evaluationsPerSecond: 100,
  });

  const post = (path: string, form: Record<string, string>): Promise<unknown> =>
    jsonOf(twilioRequest(emulator, { path, form }));

  const log: LogLine[] = [];
  const write = (level: string) => (message: string, fields: LogLine) => {
    log.push({ level, message, ...fields });
  };
  const metrics: { name: string; value: number }[] = [];
  const published: number[] = [];
  const options: SyncOptions = {
    taskRouter,
    sqs,
    // One queue holds all messages, unless a test says otherwise.
    queueUrls: { changes: queueUrl, lookups: queueUrl },
    deadLetterQueueUrl,
    now: Date.now,
    random: seededRandom(20261122),
    sleep,
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
    metrics: {
      addMetric: (name, _unit, value) => metrics.push({ name, value }),
      publishStoredMetrics: () => published.push(metrics.length),
    },
    namedTickets: ticketsOnTask(linkConfigs),
    requestsInParallel: () => 4,
    searchIntervalMs: 0,
    taskEvents: true,
    confirmAfterSeconds: [],
  };

  const toSqsEvent = (messages: readonly Message[], queue: string): SQSEvent => ({
    Records: messages.map((message) =>
      toSqsRecord(message, `arn:aws:sqs:us-east-1:000000000000:${queue}`),
    ),
  });

  /** Sends messages to the queue: texts unchanged, others as JSON. */
  const send = async (bodies: readonly (Body | string)[]): Promise<void> => {
    for (const body of bodies) {
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      const message = { QueueUrl: queueUrl, MessageBody, MessageGroupId: 'zendesk' };
      await sqs.send(new SendMessageCommand(message));
    }
  };
  /** All visible messages of the queue as one batch. */
  const receive = async (queue: QueueName = 'changes'): Promise<SQSEvent> =>
    toSqsEvent(await receiveAll(sqs, queues.queueUrls[queue]), queue);
  /** Runs a batch as Lambda does: deletes the records that did not fail. */
  const run = async (
    event: SQSEvent,
    change: Partial<SyncOptions> = {},
    totalMs?: number,
  ): Promise<SQSBatchResponse> => {
    const response = await createSync({ ...options, ...change })(event, lambdaContext(totalMs));
    const failed = new Set(response.batchItemFailures.map((failure) => failure.itemIdentifier));
    for (const { messageId, receiptHandle } of event.Records) {
      if (failed.has(messageId)) continue;
      await sqs.send(
        new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }),
      );
    }
    return response;
  };

  return {
    emulator,
    queues,
    options,
    log,
    metrics,
    published,

    /** An agent accepts a Task. @returns the reservation */
    accept: (sid: string) => acceptTask(emulator, sid),
    /** Another writer changes some attributes, without If-Match. */
    overwrite: async (sid: string, change: object): Promise<void> => {
      const { attributes } = await taskRouter.fetchTask(sid);
      const whole = { ...JSON.parse(attributes), ...change };
      await post(`/Tasks/${sid}`, { Attributes: JSON.stringify(whole) });
    },
    /** Changes the status of a reservation, or of the Task itself. */
    setStatus: (path: string, status: string) =>
      post(
        `/Tasks/${path}`,
        path.includes('/') ? { ReservationStatus: status } : { AssignmentStatus: status },
      ),
    /** A Task with these attributes, accepted by an agent by default. */
    createTask: async (attributes: object, { accepted = true } = {}): Promise<string> => {
      const form = { Attributes: JSON.stringify(attributes) };
      const { sid } = Created.parse(await post('/Tasks', form));
      if (accepted) await acceptTask(emulator, sid);
      return sid;
    },
    fetchTask: (sid: string) => taskRouter.fetchTask(sid),
    /** The URLs in a Task's attributes, each once. */
    urlsOf: async (sid: string): Promise<string[]> => {
      const { attributes } = await taskRouter.fetchTask(sid);
      return [...new Set(attributes.match(/https:[^"]*/g))];
    },
    stats: () => statsOf(emulator),
    settings: (change: object) => adminRequest(emulator, 'PUT', '/settings', change),

    send,
    receive,
    deadLetters: () => receiveAll(sqs, deadLetterQueueUrl),
    run,
    /** Sends messages, and runs all visible ones as one batch. */
    apply: async (...bodies: readonly (Body | string)[]): Promise<SQSBatchResponse> => {
      await send(bodies);
      return run(await receive());
    },
    /** The content of the queue. */
    inspect: async (queue = 'changes') => {
      const answer = await fetch(`${queues.url}/_fauxqs/queues/${queue}`);
      const { messages } = QueueJson.parse(await answer.json());
      return {
        ready: messages.ready.length,
        delayed: messages.delayed,
        /** How long each body waits from now, in seconds. */
        delaySeconds: new Map(
          messages.delayed.map(({ body, delayUntil = 0 }) => [
            body,
            (delayUntil - Date.now()) / 1000,
          ]),
        ),
        hidden: messages.inflight.length,
        /** How long each message is hidden from now, in seconds. */
        hiddenSeconds: new Map(
          messages.inflight.map(({ message, visibilityDeadline }) => [
            message.messageId,
            (visibilityDeadline - Date.now()) / 1000,
          ]),
        ),
      };
    },
    outcomes: (): LogLine[] => log.filter(({ message }) => message === 'outcome'),
    metric: (name: string): number =>
      metrics.filter((metric) => metric.name === name).reduce((sum, { value }) => sum + value, 0),
  };
};
export type SyncHarness = Awaited<ReturnType<typeof startSyncHarness>>;

/** The same with a Task, which an agent has accepted. */
export const startWithTask = async (attributes: object = {}) => {
  const harness = await startSyncHarness();
  return { harness, taskSid: await harness.createTask(attributes) };
};

/** Receives all visible messages of a queue. */
export const receiveAll = async (sqs: SQSClient, url: string): Promise<Message[]> => {
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return all;
    all.push(...Messages);
  }
};

/** A record at a later try of its message: the first was so many milliseconds ago. */
export const atTry = (tries: number, record: SQSRecord, sinceMs = 0): SQSRecord => ({
  ...record,
  attributes: { ...record.attributes, ApproximateReceiveCount: '1' },
  messageAttributes: {
    earlierTries: { stringValue: String(tries - 1), dataType: 'Number' },
    firstTriedAt: { stringValue: String(Date.now() - sinceMs), dataType: 'Number' },
    firstSentAt: { stringValue: String(Date.now() - sinceMs - 1), dataType: 'Number' },
  },
});

/** A record at its last try. */
export const exhausted = (record: SQSRecord): SQSRecord =>
  atTry(minTries, record, giveUpAfterSeconds * 1000);
