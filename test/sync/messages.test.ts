import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { toRequeued } from '../../lambdas/sync/dispose.ts';
import type { QueueName } from '../../shared/config/limits.ts';
import { minTries } from '../../shared/config/retry-policy.ts';
import { ticketChange } from './messages.ts';
import { atTry, exhausted, type SyncHarness, startSyncHarness } from './sync-harness.ts';

const missingTask = `WT${'0'.repeat(32)}`;
const nowhere = 'http://127.0.0.1:9/000000000000/nowhere';

/** A batch whose messages have a group: SQS returns it, the local SQS does not. */
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

it('a message that is not valid becomes a dead letter, unchanged, and is acknowledged', async () => {
  const harness = await startSyncHarness();
  const bodies = [
    'ünreadable\t"Jean Doe" \\u0041 \r\n',
    JSON.stringify({ ...ticketChange(1, {}, { version: 'Jean Doe' }), 'x-patient': 'Jean Doe' }),
  ];
  await harness.send(bodies);
  const sentAt = Date.now();
  expect(await harness.run(fromGroup('zendesk', await harness.receive()))).toEqual({
    batchItemFailures: [],
  });

  const deadLetters = await attributesOf(harness);
  expect(deadLetters.map(({ body }) => body)).toEqual(bodies);
  expect(deadLetters).toMatchObject([
    { reason: 'invalid-message', detail: 'cannot be parsed', tries: '1', source: 'zendesk' },
    { reason: 'invalid-message', detail: expect.stringContaining('change.version') },
  ]);
  expect(deadLetters[0]).not.toHaveProperty('ticket');
  expect(Math.abs(Number(Object(deadLetters[0]).firstSeen) - sentAt)).toBeLessThan(5000);
  expect(JSON.stringify(deadLetters.map(({ body, ...rest }) => rest))).not.toContain('Jean Doe');
  expect(JSON.stringify(harness.log)).not.toContain('Jean Doe');
  expect(harness.metric('DeadLettered')).toBe(2);
  expect(await harness.receive()).toEqual({ Records: [] });
});

describe('a change after its last try', () => {
  it('becomes a dead letter that an operator can sort and replay', async () => {
    const harness = await startSyncHarness({ settings: { outage: true } });
    const taskSid = missingTask;
    const change = ticketChange(12, { taskSid }, {}, { receivedAt: Date.now() - 22_000_000 });
    await harness.send([change]);
    const { Records } = await harness.receive();
    const event = { Records: Records.map(exhausted) };
    expect(await harness.run(event)).toEqual({ batchItemFailures: [] });

    const [deadLetter, ...more] = await attributesOf(harness);
    expect(more).toEqual([]);
    expect(deadLetter).toEqual({
      body: JSON.stringify(change),
      reason: 'taskrouter-unavailable',
      detail: 'taskrouter-unavailable: HTTP 503',
      tries: String(minTries),
      firstSeen: String(change.meta.receivedAt),
      lastTried: expect.stringMatching(/^\d{13}$/),
      source: 'zendesk',
    });
  });

  it('stays in the queue if SQS does not take its dead letter', async () => {
    const harness = await startSyncHarness();
    await harness.send(['{']);
    const event = await harness.receive();
    const refused = harness.run(event, { deadLetterQueueUrl: `${nowhere}-dead` });
    const failures = await failuresOf(refused);
    expect(failures).toEqual([event.Records[0]?.messageId]);
    expect(harness.metric('DeadLettered')).toBe(0);
    expect(harness.outcomes()).toMatchObject([{ outcome: 'rejected', disposition: 'retry-later' }]);
  });
});

describe('a change that waits', () => {
  it('is requeued as a copy until an agent accepts, and is linked then', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({}, { accepted: false });
    const change = ticketChange(3, { taskSid }, {}, { receivedAt: Date.now() - 60_000 });
    await harness.send([change]);
    const { Records } = await harness.receive();
    const event = { Records: Records.map((record) => atTry(90, record)) };
    expect(await harness.run(event)).toEqual({ batchItemFailures: [] });

    const { delayed, ready, hidden } = await harness.inspect();
    expect([ready, hidden]).toEqual([0, 0]);
    const copy = { ...change, meta: { ...change.meta, found: true } };
    expect(delayed.map(({ body }) => JSON.parse(body))).toEqual([copy]);
    expect(delayed[0]?.messageAttributes).toEqual({});
    const delay = ((delayed[0]?.delayUntil ?? 0) - Date.now()) / 1000;
    expect(delay).toBeGreaterThan(5);
    expect(delay).toBeLessThanOrEqual(15);

    await harness.accept(taskSid);
    await harness.run(event);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['waiting', 'linked']);
  });

  it('keeps the message group of its source', async () => {
    const harness = await startSyncHarness();
    const change = ticketChange(3, {});
    await harness.send([change, '{']);
    const [valid, invalid] = fromGroup('jira', await harness.receive()).Records;
    if (valid === undefined || invalid === undefined) throw new Error('no message');
    expect(toRequeued({ record: valid, message: change }, 7).MessageGroupId).toBe('zendesk');
    expect(toRequeued({ record: invalid, message: undefined }, 7).MessageGroupId).toBe('jira');
  });
});

it.each([
  ['waits for an agent', false, 15, 0],
  ['was linked', true, 20, 1],
])(
  'a record whose copy SQS does not take comes back when that would have come: it %s',
  async (_, accepted, seconds, confirmations) => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({}, { accepted });
    await harness.send([ticketChange(3, { taskSid }, {}, { receivedAt: Date.now() - 60_000 })]);
    const event = await harness.receive();
    const { sqs } = harness.options;
    const send = (command: Parameters<typeof sqs.send>[0]) =>
      command instanceof SendMessageBatchCommand ? Promise.reject(new Error()) : sqs.send(command);
    const refusing = {
      sqs: Object.assign(Object.create(sqs), { send }),
      confirmAfterSeconds: [20],
    };
    const [id = ''] = await failuresOf(harness.run(event, refusing));
    const { hiddenSeconds, delayed } = await harness.inspect();
    expect(delayed).toEqual([]);
    expect(hiddenSeconds.get(id)).toBeGreaterThan(5);
    expect(hiddenSeconds.get(id)).toBeLessThanOrEqual(seconds);

    const Records = event.Records.map((record) => atTry(2, record));
    await harness.run({ Records }, { confirmAfterSeconds: [20] });
    const bodies = (await harness.inspect()).delayed.map(({ body }) => body);
    expect(bodies.filter((body) => body.includes('confirmationRound'))).toHaveLength(confirmations);
  },
);

const attribute = { name: 'zd_ticket_id', value: '77' };

it('a change without a conversation is found once the plugin has written its id', async () => {
  const harness = await startSyncHarness();
  await harness.send([ticketChange(77, { attribute })]);
  const event = await harness.receive();
  expect(await harness.run(event)).toEqual({ batchItemFailures: [] });
  const { delayed } = await harness.inspect();
  expect(delayed).toHaveLength(1);
  const delay = ((delayed[0]?.delayUntil ?? 0) - Date.now()) / 1000;
  expect(delay).toBeGreaterThan(5);
  expect(delay).toBeLessThanOrEqual(20);
  expect(harness.metric('Unmatched')).toBe(0);

  const taskSid = await harness.createTask({ zd_ticket_id: 77 });
  await harness.run(event);
  expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['unmatched', 'linked']);
  expect(await harness.urlsOf(taskSid)).toHaveLength(1);
});

describe('a change that is retried', () => {
  it('is replaced by a copy that counts its tries and waits as long as the table says', async () => {
    const harness = await startSyncHarness({ settings: { outage: true } });
    await harness.send([5, 8, 9].map((id) => ticketChange(id, { taskSid: missingTask })));
    const { Records } = await harness.receive();
    const tries = [5, 8, 9];
    const event = { Records: Records.map((r, index) => atTry(tries[index] ?? 0, r, 60_000)) };
    expect(await failuresOf(harness.run(event, { random: () => 0.5 }))).toEqual([]);
    const retries = { 'taskrouter-unavailable': 3 };
    expect(harness.log.filter(({ level }) => level !== 'info')).toEqual([
      { level: 'warn', message: 'records are retried', records: 3, retries },
    ]);

    const { delayed, delaySeconds, ready, hidden } = await harness.inspect();
    expect([delayed.length, ready, hidden]).toEqual([3, 0, 0]);
    for (const [index, half] of [8, 60, 120].entries()) {
      const { body = '', messageAttributes } = event.Records[index] ?? {};
      expect(delaySeconds.get(body)).toBeGreaterThan(half - 7);
      expect(delaySeconds.get(body)).toBeLessThanOrEqual(half);
      const copy = delayed.find((one) => one.body === body);
      expect(copy?.messageAttributes).toMatchObject({
        earlierTries: { StringValue: String(tries[index]) },
        firstTriedAt: { StringValue: messageAttributes?.['firstTriedAt']?.stringValue },
        firstSentAt: { StringValue: messageAttributes?.['firstSentAt']?.stringValue },
      });
    }
  });

  it('waits as long as Twilio asks for', async () => {
    const busy = { faultRate: 1, faults: ['429' as const], retryAfterSeconds: 77 };
    const harness = await startSyncHarness({ settings: busy });
    await harness.send([ticketChange(1, { taskSid: missingTask })]);
    expect(await failuresOf(harness.run(await harness.receive()))).toEqual([]);
    const [seconds] = (await harness.inspect()).delaySeconds.values();
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThanOrEqual(1.25 * 77 + 1);
  });
});

describe('the two queues', () => {
  it.each([
    ['changes', 'lookups'],
    ['lookups', 'changes'],
  ] as const)('what came by %s is confirmed through %s, twice', async (own, other) => {
    const harness = await startSyncHarness();
    const { queueUrls, sqs } = harness.queues;
    const options = { queueUrls, confirmAfterSeconds: [20, 90], taskEvents: false };
    const runIn = async (queue: QueueName, MessageBody: string) => {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrls[queue], MessageBody }));
      await harness.run(await harness.receive(queue), options);
      return (await harness.inspect(other)).delayed.map(({ body }) => body);
    };
    const taskSid = await harness.createTask({});
    const [first = ''] = await runIn(own, JSON.stringify(ticketChange(1, { taskSid })));
    const rounds = (await runIn(other, first)).map((body) => JSON.parse(body).meta);
    expect(rounds).toMatchObject([{ confirmationRound: 1 }, { confirmationRound: 2 }]);
    expect((await harness.inspect(own)).delayed).toEqual([]);
  });

  it('a copy goes to that of its kind; a record stays in its own', async () => {
    const harness = await startSyncHarness();
    const { queueUrls, sqs } = harness.queues;
    const callSid = `CA${'7'.repeat(32)}`;
    await harness.createTask({ call_sid: callSid }, { accepted: false });
    const taskSid = await harness.createTask({});
    await harness.send([ticketChange(1, { taskSid }), ticketChange(2, { callSid })]);
    await harness.run(await harness.receive(), { queueUrls, confirmAfterSeconds: [20] });
    expect((await harness.inspect('changes')).delayed).toEqual([]);
    const delayed = (await harness.inspect('lookups')).delayed.map(({ body }) => JSON.parse(body));
    expect(delayed.map(({ kind }) => kind).sort()).toEqual(['reconcile', 'ticket-change']);

    const MessageBody = JSON.stringify(ticketChange(2, { callSid }));
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrls.lookups, MessageBody }));
    const event = await harness.receive('lookups');
    const send = (command: Parameters<typeof sqs.send>[0]) =>
      command instanceof SendMessageBatchCommand ? Promise.reject(new Error()) : sqs.send(command);
    const refusing = Object.assign(Object.create(sqs), { send });
    const [id = ''] = await failuresOf(harness.run(event, { queueUrls, sqs: refusing }));
    expect((await harness.inspect('lookups')).hiddenSeconds.get(id)).toBeLessThanOrEqual(15);
  });
});

it('an invocation that searches lasts for its share of the searches of a second', async () => {
  const harness = await startSyncHarness();
  const waits: number[] = [];
  const options = {
    searchIntervalMs: 60_000,
    sleep: async (ms: number) => waits.push(ms),
  };
  const taskSid = await harness.createTask({ call_sid: `CA${'7'.repeat(32)}` });
  await harness.send([ticketChange(1, { taskSid })]);
  await harness.run(await harness.receive(), options);
  expect(waits).toEqual([]);
  const found = [2, 3].map((id) => ticketChange(id, { callSid: `CA${'7'.repeat(32)}` }));
  await harness.send(found);
  await harness.run(await harness.receive(), options);
  expect(waits).toHaveLength(1);
  expect(waits[0]).toBeGreaterThan(0);
  expect(waits[0]).toBeLessThanOrEqual(60_000);
});
