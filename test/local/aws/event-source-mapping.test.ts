import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { afterAll, describe, it } from 'vitest';
import {
  type EventSourceMapping,
  startEventSourceMapping,
} from '../../../local/aws/event-source-mapping.ts';
import { startSqs } from '../../../local/aws/sqs.ts';

const ends: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(ends.map((end) => end())));

const queues = async (
  options: { visibilitySeconds?: number; maxReceiveCount?: number; timeFactor?: number } = {},
) => {
  const { queueUrls, ...opened } = await startSqs({
    queues: ['changes'],
    deadLetterQueue: 'dead-letters',
    eventDeadLetterQueue: 'event-dead-letters',
    visibilitySeconds: options.visibilitySeconds ?? 60,
    maxReceiveCount: options.maxReceiveCount ?? 5,
    timeFactor: options.timeFactor,
  });
  const sources: EventSourceMapping[] = [];
  ends.push(async () => {
    await Promise.all(sources.map(({ stop }) => stop()));
    await opened.close();
  });
  const { sqs } = opened;
  const QueueUrl = queueUrls.changes;
  return {
    ...opened,
    queueUrl: QueueUrl,
    sources,
    send: async (...bodies: string[]) => {
      for (let start = 0; start < bodies.length; start += 10) {
        const Entries = bodies
          .slice(start, start + 10)
          .map((MessageBody, index) => ({ Id: `${index}`, MessageBody }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      }
    },
    counts: async (url = QueueUrl) => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      const count = (name: string) => Number(Reflect.get(Attributes, name));
      return {
        visible: count('ApproximateNumberOfMessages'),
        inFlight: count('ApproximateNumberOfMessagesNotVisible'),
      };
    },
  };
};

const start = async (
  local: Awaited<ReturnType<typeof queues>>,
  invoke: (event: SQSEvent) => Promise<unknown>,
  options: { batchSize?: number; windowMs?: number; maximumConcurrency?: number } = {},
) => {
  const lines: string[] = [];
  const source = await startEventSourceMapping({
    sqs: local.sqs,
    queueUrl: local.queueUrl,
    batchSize: options.batchSize ?? 10,
    windowMs: options.windowMs ?? 50,
    maximumConcurrency: options.maximumConcurrency ?? 2,
    invoke,
    log: (line) => lines.push(line),
  });
  local.sources.push(source);
  return { stop: source.stop, lines };
};

const bodies = (event: SQSEvent) => event.Records.map(({ body }) => body);
const failing = (...records: (SQSRecord | undefined)[]) => ({
  batchItemFailures: records.map((record) => ({ itemIdentifier: record?.messageId })),
});

describe.concurrent('the event source mapping', () => {
  it('invokes the function with the records of Lambda', async ({ expect }) => {
    const local = await queues();
    await local.sqs.send(
      new SendMessageCommand({
        QueueUrl: local.queueUrl,
        MessageBody: 'a body',
        MessageAttributes: {
          text: { DataType: 'String', StringValue: 'é' },
          bytes: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255) },
        },
      }),
    );
    const events: SQSEvent[] = [];
    const noLists = { stringListValues: [], binaryListValues: [] };
    await start(local, async (event) => events.push(event));
    await expect.poll(() => events).toHaveLength(1);
    expect(events[0]?.Records).toEqual([
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        receiptHandle: expect.any(String),
        body: 'a body',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: expect.any(String),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {
          text: { dataType: 'String', stringValue: 'é', ...noLists },
          bytes: { dataType: 'Binary', binaryValue: 'AP8=', ...noLists },
        },
        md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:changes',
        awsRegion: 'us-east-1',
      },
    ]);
    await expect.poll(() => local.counts()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('gathers more than ten messages, up to the batch size', async ({ expect }) => {
    const local = await queues();
    await local.send(...Array.from({ length: 50 }, (_, index) => `${index}`));
    const sizes: number[] = [];
    const options = { windowMs: 3_600_000, batchSize: 25 };
    await start(local, async (event) => sizes.push(event.Records.length), options);
    await expect.poll(() => sizes).toEqual([25, 25]);
    await expect.poll(() => local.counts()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('waits for more messages during the window', async ({ expect }) => {
    const local = await queues();
    const batches: string[][] = [];
    const options = { windowMs: 3_600_000, batchSize: 2 };
    await start(local, async (event) => batches.push(bodies(event)), options);
    await local.send('first');
    await expect.poll(() => local.counts()).toEqual({ visible: 0, inFlight: 1 });
    await local.send('second');
    await expect.poll(() => batches).toEqual([['first', 'second']]);
  });

  it('deletes the messages that did not fail; a failed one comes back after its visibility timeout', async ({
    expect,
  }) => {
    const local = await queues({ visibilitySeconds: 1 });
    const seen: string[][] = [];
    await local.send('good', 'bad');
    await start(local, async (event) => {
      seen.push(bodies(event));
      return seen.length === 1 ? failing(event.Records[1]) : undefined;
    });
    await expect.poll(() => seen).toEqual([['good', 'bad'], ['bad']]);
    await expect.poll(() => local.counts()).toEqual({ visible: 0, inFlight: 0 });
  });

  it('keeps the whole batch when the function throws', async ({ expect }) => {
    const local = await queues();
    await local.send('a', 'b');
    let invoked = 0;
    await start(local, async () => {
      invoked += 1;
      throw new Error('down');
    });
    await expect.poll(() => invoked).toBe(1);
    await expect.poll(() => local.counts()).toEqual({ visible: 0, inFlight: 2 });
  });

  it('leaves a message that always fails to the redrive policy', async ({ expect }) => {
    const local = await queues({ visibilitySeconds: 1, maxReceiveCount: 2 });
    let tries = 0;
    await local.send('poison');
    await start(local, async (event) => {
      tries += 1;
      return failing(...event.Records);
    });
    await expect.poll(() => local.counts(local.deadLetterQueueUrl)).toMatchObject({ visible: 1 });
    expect(tries).toBe(2);
  });

  it('limits the concurrent invocations', async ({ expect }) => {
    const local = await queues();
    await local.send('1', '2', '3', '4', '5');
    let running = 0;
    let peak = 0;
    let served = 0;
    const invoke = async () => {
      running += 1;
      peak = Math.max(peak, running);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running -= 1;
      served += 1;
    };
    await start(local, invoke, { batchSize: 1, maximumConcurrency: 2 });
    await expect.poll(() => served).toBe(5);
    expect(peak).toBe(2);
  });

  it('that is stopped waits for a running batch, and makes the other messages visible again', async ({
    expect,
  }) => {
    const local = await queues();
    await local.send('running', 'gathered');
    const seen: string[] = [];
    let finish = () => {};
    const source = await start(
      local,
      (event) =>
        new Promise<void>((resolve) => {
          seen.push(...bodies(event));
          finish = resolve;
        }),
      { batchSize: 1, maximumConcurrency: 1 },
    );
    await expect.poll(() => seen).toEqual(['running']);
    let stopped = false;
    const stopping = source.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stopped).toBe(false);
    finish();
    await stopping;
    expect(await local.counts()).toEqual({ visible: 1, inFlight: 0 });
  });

  it('that is stopped while it gathers makes the messages visible again', async ({ expect }) => {
    const local = await queues();
    const seen: string[] = [];
    const source = await start(local, async (event) => seen.push(...bodies(event)), {
      windowMs: 60_000,
    });
    await local.send('a', 'b', 'c');
    await expect.poll(() => local.counts()).toEqual({ visible: 0, inFlight: 3 });
    await source.stop();
    expect(await local.counts()).toEqual({ visible: 3, inFlight: 0 });
    expect(seen).toEqual([]);
  });
});

describe.concurrent('the queues, with a clock that is sixty times faster', () => {
  /** What the shortest time of these tests, 20 seconds, would take without the factor. */
  const unscaled = 20 * 60;
  const begin = async () => {
    const opened = await queues({ visibilitySeconds: 30, timeFactor: 60 });
    const { sqs, queueUrl: QueueUrl } = opened;
    const secondsSince = (since: number) => ((performance.now() - since) / 1000) * 60;
    let since = performance.now();
    /** How long after the last message, or the start, there is the next one, in seconds of the queue's. */
    const receive = async (VisibilityTimeout?: number) => {
      const command = { QueueUrl, VisibilityTimeout, WaitTimeSeconds: 20 };
      for (;;) {
        const { Messages } = await sqs.send(new ReceiveMessageCommand(command));
        const [{ ReceiptHandle } = {}] = Messages ?? [];
        if (ReceiptHandle === undefined) continue;
        const seconds = secondsSince(since);
        since = performance.now();
        return { seconds, ReceiptHandle };
      }
    };
    return { ...opened, receive, secondsSince };
  };

  it('delay a message by the factor less', async ({ expect }) => {
    const { sqs, queueUrl: QueueUrl, receive } = await begin();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late', DelaySeconds: 30 }));
    const { seconds } = await receive();
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThan(unscaled);
    const Entries = [{ Id: '0', MessageBody: 'late', DelaySeconds: 45 }];
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    // The first message is visible again before.
    await receive();
    expect((await receive()).seconds).toBeLessThan(unscaled);
  });

  it('hide a message by the factor less, with each kind of visibility timeout', async ({
    expect,
  }) => {
    const { sqs, queueUrl: QueueUrl, receive, send } = await begin();
    await send('hidden');
    await receive();
    // On a busy machine the time is short by what the answer took. Each is longer than the one before.
    const byQueue = await receive(60);
    expect(byQueue.seconds).toBeGreaterThan(5);
    expect(byQueue.seconds).toBeLessThan(unscaled);
    const byReceiver = await receive();
    expect(byReceiver.seconds).toBeGreaterThan(32);
    expect(byReceiver.seconds).toBeLessThan(unscaled);
    const { ReceiptHandle } = byReceiver;
    const command = { QueueUrl, ReceiptHandle, VisibilityTimeout: 90 };
    await sqs.send(new ChangeMessageVisibilityCommand(command));
    expect((await receive()).seconds).toBeGreaterThan(62);
  });

  it('wait for a message by the factor less', async ({ expect }) => {
    const { sqs, queueUrl: QueueUrl, secondsSince } = await begin();
    const since = performance.now();
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    expect(secondsSince(since)).toBeGreaterThan(15);
    expect(secondsSince(since)).toBeLessThan(unscaled);
  });

  it('return their attributes unscaled', async ({ expect }) => {
    const { sqs, queueUrl: QueueUrl } = await begin();
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
    );
    expect(Attributes).toEqual({ VisibilityTimeout: '30' });
  });
});

it('the queues give a message for an aborted long poll to the next receiver at once', async ({
  expect,
}) => {
  const { sqs, queueUrl: QueueUrl, send } = await queues();
  const abort = new AbortController();
  const aborted = sqs
    .send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }), {
      abortSignal: abort.signal,
    })
    .catch((error: Error) => error.name);
  await new Promise((resolve) => setTimeout(resolve, 200));
  abort.abort();
  expect(await aborted).toBe('AbortError');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await send('kept');
  const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  expect(received.Messages?.map(({ Body }) => Body)).toEqual(['kept']);
});
