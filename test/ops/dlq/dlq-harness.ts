import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteMessageCommand, type Message, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { toDeadLetter } from '../../../lambdas/sync/dispose.ts';
import { toSqsRecord } from '../../../local/aws/event-source-mapping.ts';
import { startSqs } from '../../../local/aws/sqs.ts';
import { listen } from '../../../local/listen.ts';
import { toBatches } from '../../../shared/aws/sqs.ts';
import { receiveAll } from '../../sync/sync-harness.ts';
import { commandRunner, sources, writeStateFile } from '../command-line.ts';
import { bodyText, oneOfEach, type TestDeadLetter } from './dead-letters.ts';

const hour = 3_600_000;

/**
 * Starts the queues of a local stack, and runs command lines about it. Everything ends with the test.
 * @param timeFactor how much faster time runs in the queues: by default a long poll of one second takes 0.1 s
 */
export async function startDlqHarness({
  timeFactor = 10,
  ...change
}: {
  readonly timeFactor?: number;
  readonly [fact: string]: unknown;
} = {}) {
  const harness = await openDlqHarness(timeFactor, change);
  onTestFinished(harness.close);
  return harness;
}

/** The same, with dead letters. */
export async function filled(deadLetters = oneOfEach()): Promise<DlqHarness> {
  const harness = await startDlqHarness();
  await harness.sendDeadLetters(deadLetters);
  return harness;
}

/** The same, for several tests: the caller closes it. */
export async function openDlqHarness(timeFactor = 10, change: object = {}) {
  const queues = await startSqs({
    queues: ['changes', 'lookups'],
    deadLetterQueue: 'dead',
    eventDeadLetterQueue: 'event-dead',
    visibilitySeconds: 180,
    maxReceiveCount: 2,
    timeFactor,
  });
  const { sqs, queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl } = queues;
  const root = await mkdtemp(join(tmpdir(), 'dlq-'));
  // The commands ask TaskRouter whether it works: it knows no Task.
  const noTask = JSON.stringify({ code: 20404, status: 404 });
  const taskRouter = await listen(
    createServer((_, response) => response.writeHead(404).end(noTask)),
  );
  const taskRouterUrl = taskRouter.url;
  const urls = { queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl };
  const queueEndpoints = { sqs: queues.url, ...urls, taskRouterUrl };
  const jira = { kind: 'jira', ticketUrl: 'https://acme.atlassian.net/browse/{id}' };
  const state = { taskrouter: taskRouterUrl, sources: { ...sources, jira }, ...queueEndpoints };
  await writeStateFile(root, { ...state, ...change });

  /** Receives and deletes all visible messages of a queue. */
  const receiveAndDelete = async (url: string): Promise<Message[]> => {
    const all = await receiveAll(sqs, url);
    for (const { ReceiptHandle } of all) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
    return all;
  };

  return {
    root,
    queues,
    queueEndpoints,
    ops: commandRunner(root),
    sendDeadLetters: async (specs: readonly TestDeadLetter[]): Promise<void> => {
      for (const batch of toBatches(specs.map(deadLetterEntry))) {
        const Entries = batch.map((entry, index) => ({ ...entry, Id: String(index) }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: deadLetterQueueUrl, Entries }));
      }
    },
    /** From both queues of sync. */
    receiveChanges: async () => [
      ...(await receiveAndDelete(queueUrls.changes)),
      ...(await receiveAndDelete(queueUrls.lookups)),
    ],
    receiveDeadLetters: () => receiveAndDelete(deadLetterQueueUrl),
    close: async (): Promise<void> => {
      await queues.close();
      await taskRouter.close();
      await rm(root, { recursive: true });
    },
  };
}

export type DlqHarness = Awaited<ReturnType<typeof openDlqHarness>>;

/** A dead letter as sync writes it. */
function deadLetterEntry(spec: TestDeadLetter) {
  const body = bodyText(spec);
  if (spec.reason === undefined) return { MessageBody: body };
  const message = typeof spec.body === 'string' ? undefined : spec.body;
  const Attributes = { SentTimestamp: String(Date.now() - hour) };
  const record = toSqsRecord({ MessageId: 'm', ReceiptHandle: 'r', Body: body, Attributes }, '');
  return toDeadLetter(
    { record, tries: spec.tries ?? 25, sentAt: Date.now() - hour, message },
    { reason: spec.reason, detail: `${spec.reason}: HTTP 503` },
    Date.now() - hour,
  );
}
