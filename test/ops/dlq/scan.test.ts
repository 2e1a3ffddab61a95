import { setTimeout as delay } from 'node:timers/promises';
import { OverLimit, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type QueueDepth, queueDepth } from '../../../ops/aws.ts';
import { countNotReceived } from '../../../ops/dlq/read.ts';
import { withScan } from '../../../ops/dlq/scan.ts';
import { ticketChange } from '../../sync/messages.ts';
import { startDlqHarness, type TestDeadLetter } from './dlq-harness.ts';

const taskSid = `WT${'1'.repeat(32)}`;
const deadLetters = Array.from(
  { length: 45 },
  (_, id): TestDeadLetter => ({ body: ticketChange(id, { taskSid }), reason: 'crashed' }),
);
const hiddenFor = 1;
const latencyMs = 20;

const filled = async () => {
  const harness = await startDlqHarness();
  await harness.sendDeadLetters(deadLetters);
  return harness;
};

const entries = z.object({
  Entries: z.array(
    z.object({
      Id: z.string(),
      ReceiptHandle: z.string(),
      VisibilityTimeout: z.number().optional(),
    }),
  ),
});

/** A queue that hands out what has been there longest, as SQS may; the server of the tests does not. */
const oldestFirst = (count: number, mostInFlight = Number.POSITIVE_INFINITY): SQSClient => {
  const queue = Array.from({ length: count }, (_, id) => ({ id: String(id), hiddenUntil: 0 }));
  const answers: Readonly<Record<string, (input: unknown) => object>> = {
    GetQueueAttributesCommand: () => {
      const hidden = queue.filter(({ hiddenUntil }) => hiddenUntil > Date.now()).length;
      const Attributes = {
        ApproximateNumberOfMessages: String(queue.length - hidden),
        ApproximateNumberOfMessagesNotVisible: String(hidden),
        ApproximateNumberOfMessagesDelayed: '0',
      };
      return { Attributes };
    },
    ReceiveMessageCommand: (input) => {
      const { MaxNumberOfMessages } = z.object({ MaxNumberOfMessages: z.number() }).parse(input);
      const inFlight = queue.filter(({ hiddenUntil }) => hiddenUntil > Date.now());
      if (inFlight.length >= mostInFlight) throw new OverLimit({ $metadata: {}, message: '' });
      const visible = queue
        .filter(({ hiddenUntil }) => hiddenUntil <= Date.now())
        .slice(0, MaxNumberOfMessages);
      for (const each of visible) each.hiddenUntil = Date.now() + hiddenFor * 1000;
      return {
        Messages: visible.map(({ id }) => ({ MessageId: id, ReceiptHandle: id, Body: id })),
      };
    },
    ChangeMessageVisibilityBatchCommand: (input) => {
      const changes = entries.parse(input).Entries;
      for (const { ReceiptHandle, VisibilityTimeout = 0 } of changes) {
        const changed = queue.find(({ id }) => id === ReceiptHandle);
        if (changed !== undefined) changed.hiddenUntil = Date.now() + VisibilityTimeout * 1000;
      }
      return { Successful: changes.map(({ Id }) => ({ Id })) };
    },
  };
  const sqs = new SQSClient({ region: 'eu-west-1' });
  sqs.middlewareStack.add(
    (_, { commandName = '' }) =>
      async ({ input }) => {
        await delay(latencyMs);
        return { output: { $metadata: {}, ...answers[commandName]?.(input) }, response: {} };
      },
    { step: 'initialize' },
  );
  return sqs;
};

describe('a walk through the dead letters', () => {
  it('meets each of them once, however slow it is, where SQS hands out the oldest first', async () => {
    const met: string[] = [];
    await withScan(
      oldestFirst(45),
      'dead',
      async (walk) => {
        for (;;) {
          const some = await walk.next(1);
          if (some.length === 0) break;
          met.push(...some.map(({ id }) => id));
          await delay((2 * hiddenFor * 1000) / 45);
        }
      },
      hiddenFor,
    );
    expect(met).toEqual(Array.from({ length: 45 }, (_, id) => String(id)));
  });

  it('ends where SQS gives out no more at once, and knows how many it has not seen', async () => {
    const sqs = oldestFirst(45, 30);
    const unseen = await withScan(
      sqs,
      'dead',
      async (walk, before) => {
        while ((await walk.next(10)).length > 0);
        return countNotReceived(walk, before, await queueDepth(sqs, 'dead'));
      },
      hiddenFor,
    );
    expect(unseen).toBe(15);
  });

  it('holds what it has met for as long as it lasts, and no longer', async () => {
    const { queues, receiveDeadLetters } = await filled();
    const { sqs, deadLetterQueueUrl: QueueUrl } = queues;
    const seenBeside = await withScan(
      sqs,
      QueueUrl,
      async (walk) => {
        while ((await walk.next(80)).length > 0);
        await delay(2.5 * hiddenFor * 1000);
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
        return Messages.length;
      },
      hiddenFor,
    );
    expect(seenBeside).toBe(0);
    expect(await receiveDeadLetters()).toHaveLength(deadLetters.length);
  });
});

describe('what a walk has not seen', () => {
  const walked = (scanned: number, received: number, isComplete = true) => ({
    scanned: () => scanned,
    received: () => received,
    isComplete: () => isComplete,
  });
  const depth = (visible: number, hidden = 0): QueueDepth => ({
    visible,
    inFlight: hidden,
    delayed: 0,
  });

  it.each([
    ['all was met and is held', walked(9, 9), depth(9), depth(0, 9), 0],
    ['all was met and is deleted', walked(9, 0), depth(9), depth(0), 0],
    ['all is deleted, which SQS does not tell yet', walked(9, 0), depth(9), depth(9), 0],
    ['others took some of them meanwhile', walked(6, 6), depth(9), depth(0, 6), 0],
    ['some came meanwhile', walked(9, 9), depth(9), depth(3, 9), 0],
    ['three were in other hands', walked(6, 6), depth(6, 3), depth(0, 9), 3],
    ['three were not handed over', walked(6, 6), depth(9), depth(3, 6), 3],
    ['it was stopped', walked(6, 6, false), depth(9), depth(3, 6), 0],
  ])('where %s', (_, walk, before, after, unseen) => {
    expect(countNotReceived(walk, before, after)).toBe(unseen);
  });
});
