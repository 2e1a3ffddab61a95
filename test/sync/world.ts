import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { createSync } from '../../lambdas/sync/sync.ts';
import type { SyncOptions } from '../../lambdas/sync/sync-options.ts';
import { startQueues } from '../../local/aws/queues.ts';
import { sqsRecord } from '../../local/aws/sqs-record.ts';
import type { Stats } from '../../local/twin/stats.ts';
import { startTwin, type TwinOptions } from '../../local/twin/twin.ts';
import { giveUpAfterSeconds, minTries } from '../../shared/config/retry.ts';
import type { Message as Body } from '../../shared/message/message.ts';
import { createTaskRouterClient } from '../../shared/taskrouter/client.ts';
import { contextOf } from './context.ts';

export const account = {
  accountSid: `AC${'a'.repeat(32)}`,
  apiKey: `SK${'b'.repeat(32)}`,
  apiSecret: 'secret of the key',
  workspaceSid: `WS${'c'.repeat(32)}`,
};

const Created = z.object({ sid: z.string() });
const QueueJson = z.object({
  messages: z.object({
    ready: z.array(z.unknown()),
    delayed: z.array(z.object({ body: z.string(), delayUntil: z.number().optional() })),
    inflight: z.array(
      z.object({ message: z.object({ messageId: z.string() }), visibilityDeadline: z.number() }),
    ),
  }),
});

/** One line of the log. */
export type Line = Readonly<Record<string, unknown>>;

/** A TaskRouter twin, SQS, and a sync between them; all of it ends with the test. */
export const startWorld = async (
  twinOptions: Partial<TwinOptions> = {},
  { visibilitySeconds = 180 } = {},
) => {
  const twin = await startTwin({ ...account, ...twinOptions });
  const queues = await startQueues({
    queue: 'changes',
    deadLetterQueue: 'dead',
    eventDeadLetterQueue: 'event-dead-letters',
    visibilitySeconds,
    maxReceiveCount: 100,
  });
  onTestFinished(async () => {
    await Promise.all([twin.close(), queues.close()]);
  });
  const { sqs, queueUrl, deadLetterQueueUrl } = queues;
  const taskRouter = createTaskRouterClient({
    credentials: account,
    workspaceSid: account.workspaceSid,
    url: twin.url,
    evaluationsPerSecond: 100,
  });

  const basic = Buffer.from(`${account.apiKey}:${account.apiSecret}`).toString('base64');
  const twilio = async (path: string, form?: Record<string, string>): Promise<unknown> => {
    const answer = await fetch(`${twin.url}/v1/Workspaces/${account.workspaceSid}${path}`, {
      headers: { Authorization: `Basic ${basic}` },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${twin.url}/_twin${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };

  /** Has an agent accept a Task. @returns the reservation */
  const accept = async (sid: string): Promise<string> => {
    const offered = await control('POST', `/Tasks/${sid}/Reservations`, { workerName: 'ada' });
    const { sid: reservation } = Created.parse(offered);
    await twilio(`/Tasks/${sid}/Reservations/${reservation}`, { ReservationStatus: 'accepted' });
    return reservation;
  };

  const log: Line[] = [];
  const write = (level: string) => (message: string, fields: Line) => {
    log.push({ level, message, ...fields });
  };
  const metrics: { name: string; value: number }[] = [];
  const published: number[] = [];
  const options: SyncOptions = {
    taskRouter,
    sqs,
    queueUrl,
    deadLetterQueueUrl,
    now: Date.now,
    random: Math.random,
    sleep,
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
    metrics: {
      addMetric: (name, _unit, value) => metrics.push({ name, value }),
      publishStoredMetrics: () => published.push(metrics.length),
    },
    tasksInParallel: 4,
    confirmAfterSeconds: [],
  };

  const drain = async (url: string): Promise<Message[]> => {
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
  const asEvent = (messages: readonly Message[]): SQSEvent => ({
    Records: messages.map((message) =>
      sqsRecord(message, 'arn:aws:sqs:us-east-1:000000000000:changes'),
    ),
  });

  return {
    twin,
    queues,
    options,
    log,
    metrics,
    published,
    control,

    accept,
    /** Another writer changes some attributes, without a version. */
    overwrite: async (sid: string, change: object): Promise<void> => {
      const { attributes } = await taskRouter.fetchTask(sid);
      const whole = { ...JSON.parse(attributes), ...change };
      await twilio(`/Tasks/${sid}`, { Attributes: JSON.stringify(whole) });
    },
    /** Moves a reservation, or the Task itself, on. */
    moveTo: (path: string, status: string) =>
      twilio(
        `/Tasks/${path}`,
        path.includes('/') ? { ReservationStatus: status } : { AssignmentStatus: status },
      ),
    /** A Task with these attributes, accepted by an agent unless told otherwise. */
    createTask: async (attributes: object, { accepted = true } = {}): Promise<string> => {
      const form = { Attributes: JSON.stringify(attributes) };
      const { sid } = Created.parse(await twilio('/Tasks', form));
      if (accepted) await accept(sid);
      return sid;
    },
    taskOf: (sid: string) => taskRouter.fetchTask(sid),
    /** The URLs in a Task's attributes, each once. */
    urlsOf: async (sid: string): Promise<string[]> => {
      const { attributes } = await taskRouter.fetchTask(sid);
      return [...new Set(attributes.match(/https:[^"]*/g))];
    },
    stats: async (): Promise<Stats> => (await control('GET', '/stats')) as Stats,
    settings: (change: object) => control('PUT', '/settings', change),

    /** Puts messages on the queue, as they are or as the JSON of changes. */
    send: async (bodies: readonly (Body | string)[]): Promise<void> => {
      for (const body of bodies) {
        await sqs.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
            MessageGroupId: 'zendesk',
          }),
        );
      }
    },
    /** Everything that is visible in the queue now, as one batch. */
    receive: async (): Promise<SQSEvent> => asEvent(await drain(queueUrl)),
    deadLetters: () => drain(deadLetterQueueUrl),
    /** Runs a batch as Lambda does: what did not fail is deleted. */
    run: async (
      event: SQSEvent,
      change: Partial<SyncOptions> = {},
      totalMs?: number,
    ): Promise<SQSBatchResponse> => {
      const response = await createSync({ ...options, ...change })(event, contextOf(totalMs));
      const failed = new Set(response.batchItemFailures.map((failure) => failure.itemIdentifier));
      for (const { messageId, receiptHandle } of event.Records) {
        if (failed.has(messageId)) continue;
        await sqs.send(
          new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }),
        );
      }
      return response;
    },
    /** The queue from inside: when hidden messages come back, by message id, in seconds from now. */
    inspect: async (queue = 'changes') => {
      const answer = await fetch(`${queues.url}/_fauxqs/queues/${queue}`);
      const { messages } = QueueJson.parse(await answer.json());
      return {
        ready: messages.ready.length,
        delayed: messages.delayed,
        hiddenSeconds: new Map(
          messages.inflight.map(({ message, visibilityDeadline }) => [
            message.messageId,
            (visibilityDeadline - Date.now()) / 1000,
          ]),
        ),
      };
    },
    outcomes: (): Line[] => log.filter(({ message }) => message === 'outcome'),
    metric: (name: string): number =>
      metrics.filter((metric) => metric.name === name).reduce((sum, { value }) => sum + value, 0),
  };
};
export type World = Awaited<ReturnType<typeof startWorld>>;

/** A record that SQS has handed over this often, since some time ago. */
export const receivedTimes = (times: number, record: SQSRecord, sinceMs = 0): SQSRecord => ({
  ...record,
  attributes: {
    ...record.attributes,
    ApproximateReceiveCount: String(times),
    ApproximateFirstReceiveTimestamp: String(Date.now() - sinceMs),
  },
});

/** A record that has had all that an outage gives it. */
export const wornOut = (record: SQSRecord): SQSRecord =>
  receivedTimes(minTries, record, giveUpAfterSeconds * 1000);
