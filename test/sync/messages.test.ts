import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { toRequeued } from '../../lambdas/sync/dispose.ts';
import { minTries } from '../../shared/config/retry-policy.ts';
import { Transient } from '../../shared/taskrouter/errors.ts';
import { ticketChange } from './messages.ts';
import { exhausted, type SyncHarness, startSyncHarness, withReceiveCount } from './sync-harness.ts';

const missingTask = `WT${'0'.repeat(32)}`;
const nowhere = 'http://127.0.0.1:9/000000000000/nowhere';

/** A batch whose messages were sent with a group; SQS tells it, the local stand-in does not. */
const fromGroup = (MessageGroupId: string, { Records }: SQSEvent): SQSEvent => ({
  Records: Records.map((record) => ({
    ...record,
    attributes: { ...record.attributes, MessageGroupId },
  })),
});

const attributesOf = async (harness: SyncHarness) =>
  (await harness.deadLetters()).map(({ Body, MessageAttributes = {} }) => ({
    body: Body,
    ...Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
    ),
  }));

const failuresOf = async (running: ReturnType<SyncHarness['run']>) =>
  (await running).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

describe('a message that cannot be read', () => {
  it('goes to the dead-letter queue as it came, with the reason, and is acknowledged', async () => {
    const harness = await startSyncHarness();
    const bodies = [
      'ünreadable\t"Jean Doe" \\u0041 \r\n',
      JSON.stringify({ ...ticketChange(1, {}), version: 'Jean Doe', 'x-patient': 'Jean Doe' }),
    ];
    await harness.send(bodies);
    const sentAt = Date.now();
    expect(await harness.run(fromGroup('zendesk', await harness.receive()))).toEqual({
      batchItemFailures: [],
    });

    const letters = await attributesOf(harness);
    expect(letters.map(({ body }) => body)).toEqual(bodies);
    expect(letters).toMatchObject([
      { reason: 'invalid-message', detail: 'cannot be parsed', tries: '1', source: 'zendesk' },
      { reason: 'invalid-message', detail: expect.stringContaining('version') },
    ]);
    expect(letters[0]).not.toHaveProperty('ticket');
    expect(Math.abs(Number(Object(letters[0]).firstSeen) - sentAt)).toBeLessThan(5000);
    expect(JSON.stringify(letters.map(({ body, ...rest }) => rest))).not.toContain('Jean');
    expect(JSON.stringify(harness.log)).not.toContain('Jean');
    expect(harness.metric('DeadLettered')).toBe(2);
    expect(await harness.receive()).toEqual({ Records: [] });
  });

  it('does not hold up the others of its batch', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await harness.send(['{', ticketChange(1, { taskSid })]);
    await harness.run(await harness.receive());
    expect(await harness.urlsOf(taskSid)).toHaveLength(1);
  });
});

describe('a change whose tries are used up', () => {
  it('becomes a dead letter that an operator can sort and replay', async () => {
    const harness = await startSyncHarness({ settings: { outage: true } });
    const taskSid = missingTask;
    const change = ticketChange(12, { taskSid }, { receivedAt: Date.now() - 22_000_000 });
    await harness.send([change]);
    const { Records } = await harness.receive();
    const event = { Records: Records.map(exhausted) };
    expect(await harness.run(event)).toEqual({ batchItemFailures: [] });

    const [letter, ...more] = await attributesOf(harness);
    expect(more).toEqual([]);
    expect(letter).toEqual({
      body: JSON.stringify(change),
      reason: 'taskrouter-unavailable',
      detail: 'taskrouter-unavailable: HTTP 503',
      tries: String(minTries),
      firstSeen: String(change.receivedAt),
      lastTried: expect.stringMatching(/^\d{13}$/),
      source: 'zendesk',
      ticket: 'zendesk/12',
    });
  });

  it('stays in the queue when the dead-letter queue does not take it', async () => {
    const harness = await startSyncHarness();
    await harness.send(['{']);
    const event = await harness.receive();
    const failures = await failuresOf(
      harness.run(event, { deadLetterQueueUrl: `${nowhere}-dead` }),
    );
    expect(failures).toEqual([event.Records[0]?.messageId]);
    expect(harness.metric('DeadLettered')).toBe(0);
    expect(harness.outcomes()).toMatchObject([{ outcome: 'rejected', next: 'give-back' }]);
  });

  it('sends more than one request of SQS holds', async () => {
    const harness = await startSyncHarness();
    await harness.send([...Array(23).keys()].map((index) => `{${index}`));
    expect(await harness.run(await harness.receive())).toEqual({ batchItemFailures: [] });
    expect(await harness.deadLetters()).toHaveLength(23);
  });
});

describe('a change that waits', () => {
  it('goes again as a fresh message until an agent accepts, and is linked then', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({}, { accepted: false });
    const change = ticketChange(3, { taskSid }, { receivedAt: Date.now() - 60_000 });
    await harness.send([change]);
    const { Records } = await harness.receive();
    const event = { Records: Records.map((record) => withReceiveCount(90, record)) };
    expect(await harness.run(event)).toEqual({ batchItemFailures: [] });

    const { delayed, ready, hiddenSeconds } = await harness.inspect();
    expect([ready, hiddenSeconds.size]).toEqual([0, 0]);
    expect(delayed.map(({ body }) => body)).toEqual([JSON.stringify(change)]);
    const delay = ((delayed[0]?.delayUntil ?? 0) - Date.now()) / 1000;
    expect(delay).toBeGreaterThan(13);
    expect(delay).toBeLessThan(16);

    await harness.accept(taskSid);
    await harness.run(event);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['waiting', 'linked']);
  });

  it('keeps its place among the messages of its source', async () => {
    const harness = await startSyncHarness();
    const change = ticketChange(3, {});
    await harness.send([change, '{']);
    const [readable, unreadable] = fromGroup('jira', await harness.receive()).Records;
    if (readable === undefined || unreadable === undefined) throw new Error('nothing came');
    expect(toRequeued({ record: readable, message: change }, 7).MessageGroupId).toBe('zendesk');
    expect(toRequeued({ record: unreadable }, 7).MessageGroupId).toBe('jira');
  });

  it('stays in the queue when its copy cannot be sent', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({}, { accepted: false });
    await harness.send([ticketChange(3, { taskSid })]);
    const event = await harness.receive();
    const failures = await failuresOf(harness.run(event, { queueUrl: nowhere }));
    expect(failures).toEqual([event.Records[0]?.messageId]);
  });
});

describe('a change without a conversation', () => {
  const attribute = { name: 'zd_ticket_id', value: '77' };

  it('is looked for again while it is young, and found once the plugin has written its id', async () => {
    const harness = await startSyncHarness();
    await harness.send([ticketChange(77, { attribute })]);
    const event = await harness.receive();
    expect(await harness.run(event)).toEqual({ batchItemFailures: [] });
    const { delayed } = await harness.inspect();
    expect(delayed).toHaveLength(1);
    expect(((delayed[0]?.delayUntil ?? 0) - Date.now()) / 1000).toBeCloseTo(20, 0);
    expect(harness.metric('Unmatched')).toBe(0);

    const taskSid = await harness.createTask({ zd_ticket_id: 77 });
    await harness.run(event);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['unmatched', 'linked']);
    expect(await harness.urlsOf(taskSid)).toHaveLength(1);
  });

  it('is let go when it is older than a minute', async () => {
    const harness = await startSyncHarness();
    await harness.send([ticketChange(77, { attribute }, { receivedAt: Date.now() - 61_000 })]);
    expect(await harness.run(await harness.receive())).toEqual({ batchItemFailures: [] });
    expect(await harness.inspect()).toMatchObject({ ready: 0, delayed: [] });
    expect(await harness.deadLetters()).toEqual([]);
    expect(harness.metric('Unmatched')).toBe(1);
  });

  it('is expired, for good, when it names a Task that is gone', async () => {
    const harness = await startSyncHarness();
    await harness.send([ticketChange(8, { taskSid: missingTask })]);
    expect(await harness.run(await harness.receive())).toEqual({ batchItemFailures: [] });
    expect(await harness.inspect()).toMatchObject({ ready: 0, delayed: [] });
    expect(harness.outcomes()).toMatchObject([
      { outcome: 'expired', ticket: 'zendesk/8', taskSid: missingTask, next: 'acknowledge' },
    ]);
    expect(Number(harness.outcomes()[0]?.['lagMs'])).toBeGreaterThanOrEqual(100);
    expect(harness.metric('Expired')).toBe(1);
  });
});

describe('a change that is tried again', () => {
  it('stays hidden for as long as the table says for this try', async () => {
    const harness = await startSyncHarness({ settings: { outage: true } });
    await harness.send([1, 5, 9].map((id) => ticketChange(id, { taskSid: missingTask })));
    const { Records } = await harness.receive();
    const tries = [1, 5, 9];
    const event = { Records: Records.map((r, index) => withReceiveCount(tries[index] ?? 0, r)) };
    const failures = await failuresOf(harness.run(event, { random: () => 0.5 }));
    expect(failures.toSorted()).toEqual(Records.map(({ messageId }) => messageId).toSorted());

    const { hiddenSeconds } = await harness.inspect();
    const seconds = Records.map(({ messageId }) => hiddenSeconds.get(messageId) ?? 0);
    for (const [index, half] of [1, 8, 150].entries()) {
      expect(seconds[index]).toBeGreaterThan(half - 0.9);
      expect(seconds[index]).toBeLessThanOrEqual(half);
    }
  });

  it('stays hidden for as long as Twilio asks', async () => {
    const busy = { faultRate: 1, faults: ['429' as const], retryAfterSeconds: 77 };
    const harness = await startSyncHarness({ settings: busy });
    await harness.send([ticketChange(1, { taskSid: missingTask })]);
    const [id = ''] = await failuresOf(harness.run(await harness.receive()));
    const seconds = (await harness.inspect()).hiddenSeconds.get(id) ?? 0;
    expect(seconds).toBeGreaterThan(76);
    expect(seconds).toBeLessThanOrEqual(1.25 * 77 + 1);
  });

  it('is still given back when SQS will not set how long it is hidden', async () => {
    const harness = await startSyncHarness({ settings: { outage: true } });
    await harness.send([ticketChange(1, { taskSid: missingTask })]);
    const { Records } = await harness.receive();
    const event = { Records: Records.map((r) => ({ ...r, receiptHandle: 'not a handle' })) };
    expect(await failuresOf(harness.run(event))).toEqual([Records[0]?.messageId]);
    expect(harness.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'visibility not changed' }),
    );
  });

  it('finds its own work done when only the answer to its write was lost', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await harness.send([ticketChange(1, { taskSid })]);
    const event = await harness.receive();
    const { taskRouter } = harness.options;
    const answerLost: typeof taskRouter = {
      ...taskRouter,
      async updateAttributes(...args) {
        await taskRouter.updateAttributes(...args);
        throw new Transient('no answer');
      },
    };
    expect(await failuresOf(harness.run(event, { taskRouter: answerLost }))).toHaveLength(1);
    const { etag } = await harness.fetchTask(taskSid);
    expect(await failuresOf(harness.run(event))).toEqual([]);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['retry', 'unchanged']);
    expect((await harness.fetchTask(taskSid)).etag).toBe(etag);
  });
});
