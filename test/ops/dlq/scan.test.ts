import { OverLimit, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type QueueDepth, queueDepth } from '../../../ops/aws.ts';
import { HeldReceipts } from '../../../ops/dlq/bounded-memory.ts';
import { readDeadLetter } from '../../../ops/dlq/dead-letter.ts';
import { countNotReceived } from '../../../ops/dlq/read.ts';
import { withScan } from '../../../ops/dlq/scan.ts';

const visibilitySeconds = 60;
const queue = { url: 'dead', many: 'dead letters', read: readDeadLetter };
const never = new AbortController().signal;
const latencyMs = 20;

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets fake time pass until some work is done. */
const inFakeTime = async <Result>(work: Promise<Result>): Promise<Result> => {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  while (!isDone) await vi.advanceTimersByTimeAsync(latencyMs);
  return work;
};

const Changes = z.object({
  Entries: z.array(
    z.object({
      Id: z.string(),
      ReceiptHandle: z.string(),
      VisibilityTimeout: z.number().optional(),
    }),
  ),
});

/** A queue that returns the oldest messages first, as SQS may; the SQS server of other tests does not. */
const oldestFirst = (count: number, maxInFlight = Number.POSITIVE_INFINITY): SQSClient => {
  const queue = Array.from({ length: count }, (_, id) => ({ id: String(id), hiddenUntil: 0 }));
  const responses: Readonly<Record<string, (input: unknown) => object>> = {
    GetQueueAttributesCommand: () => {
      const inFlight = queue.filter(({ hiddenUntil }) => hiddenUntil > Date.now()).length;
      const Attributes = {
        ApproximateNumberOfMessages: String(queue.length - inFlight),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
        ApproximateNumberOfMessagesDelayed: '0',
      };
      return { Attributes };
    },
    ReceiveMessageCommand: (input) => {
      const { MaxNumberOfMessages = 10 } = z
        .object({ MaxNumberOfMessages: z.number().optional() })
        .parse(input);
      const inFlight = queue.filter(({ hiddenUntil }) => hiddenUntil > Date.now());
      if (inFlight.length >= maxInFlight) throw new OverLimit({ $metadata: {}, message: '' });
      const visible = queue
        .filter(({ hiddenUntil }) => hiddenUntil <= Date.now())
        .slice(0, MaxNumberOfMessages);
      for (const each of visible) each.hiddenUntil = Date.now() + visibilitySeconds * 1000;
      return {
        Messages: visible.map(({ id }) => ({ MessageId: id, ReceiptHandle: id, Body: id })),
      };
    },
    ChangeMessageVisibilityBatchCommand: (input) => {
      const changes = Changes.parse(input).Entries;
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
        return { output: { $metadata: {}, ...responses[commandName]?.(input) }, response: {} };
      },
    { step: 'initialize' },
  );
  return sqs;
};

describe('a scan of the dead letters', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('returns each once, however slow it is, if SQS returns the oldest first', async () => {
    const ids: string[] = [];
    const scanning = withScan(oldestFirst(45), queue, never, async (scan) => {
      for (;;) {
        const deadLetters = await scan.next(1);
        if (deadLetters.length === 0) break;
        ids.push(...deadLetters.map(({ id }) => id));
        await delay((2 * visibilitySeconds * 1000) / 45);
      }
    });
    await inFakeTime(scanning);
    expect(ids).toEqual(Array.from({ length: 45 }, (_, id) => String(id)));
  });

  it('ends if SQS allows no more messages in flight, and knows how many it has not received', async () => {
    const sqs = oldestFirst(45, 30);
    const scanning = withScan(sqs, queue, never, async (scan, before) => {
      while ((await scan.next(10)).length > 0);
      return countNotReceived(scan, before, await queueDepth(sqs, 'dead'));
    });
    expect(await inFakeTime(scanning)).toBe(15);
  });

  it('keeps messages in flight as long as it lasts, and no longer', async () => {
    const sqs = oldestFirst(45);
    const receive = async () =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl: 'dead' }))).Messages?.length;
    const scanning = withScan(sqs, queue, never, async (scan) => {
      while ((await scan.next(80)).length > 0);
      await delay(2.5 * visibilitySeconds * 1000);
      return receive();
    });
    expect(await inFakeTime(scanning)).toBe(0);
    expect(await inFakeTime(queueDepth(sqs, 'dead'))).toMatchObject({ visible: 45 });
  });
});

it('the receipts that a scan holds are complete and up to date, in memory or in the file', async () => {
  const held = new HeldReceipts();
  const handlesBefore = async (time: number) => {
    const found: string[] = [];
    for await (const { receipts } of held.visibleBefore(time))
      found.push(...receipts.map(({ handle }) => handle));
    return found;
  };
  for (let id = 0; id < 9000; id += 1) {
    held.add({ id: String(id), handle: `handle of ${id}`, hiddenUntil: 1000 });
    await held.spill();
  }
  held.delete('8999');
  const handles = Array.from({ length: 8999 }, (_, id) => `handle of ${id}`);
  expect(await handlesBefore(1000)).toEqual(handles);
  for await (const { receipts, update } of held.visibleBefore(1000)) {
    update(receipts.map((receipt) => ({ ...receipt, hiddenUntil: 2000 })));
  }
  expect(await handlesBefore(1999)).toEqual([]);
  expect(await handlesBefore(2000)).toEqual(handles);
  await held.clear();
});

const scanned = (scanned: number, held: number, isComplete = true) => ({
  scanned,
  held,
  isComplete,
});
const depth = (visible: number, inFlight = 0): QueueDepth => ({ visible, inFlight, delayed: 0 });

it.each([
  ['it holds all', scanned(9, 9), depth(9), depth(0, 9), 0],
  ['it deleted all', scanned(9, 0), depth(9), depth(0), 0],
  ['it deleted all, but SQS still counts them', scanned(9, 0), depth(9), depth(9), 0],
  ['others deleted some meanwhile', scanned(6, 6), depth(9), depth(0, 6), 0],
  ['some arrived meanwhile', scanned(9, 9), depth(9), depth(3, 9), 0],
  ['three were in flight', scanned(6, 6), depth(6, 3), depth(0, 9), 3],
  ['three were not returned', scanned(6, 6), depth(9), depth(3, 6), 3],
  ['it was stopped', scanned(6, 6, false), depth(9), depth(3, 6), 0],
])(
  'the number of dead letters that a scan has not received if %s',
  (_, scan, before, after, count) => {
    expect(countNotReceived(scan, before, after)).toBe(count);
  },
);
