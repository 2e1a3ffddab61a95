import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { readDeadLetter } from '../../../ops/dlq/dead-letter.ts';
import { describeReason, printDeadLetters } from '../../../ops/dlq/print.ts';
import { replayDeadLetters } from '../../../ops/dlq/replay.ts';
import { createScan } from '../../../ops/dlq/scan.ts';
import { replayAttributes } from '../../../shared/messages/message.ts';
import { reconcileMessage, ticketChange } from '../../sync/messages.ts';
import {
  account,
  commandRunner,
  pulumiWith,
  sources,
  spawnOps,
  stackOutputs,
} from '../command-line.ts';
import { type DlqHarness, startDlqHarness, type TestDeadLetter } from './dlq-harness.ts';

const taskSid = `WT${'1'.repeat(32)}`;
const hour = 3_600_000;
const agoMs = (ms: number) => ({ receivedAt: Date.now() - ms });
const bodiesOf = (messages: readonly { Body?: string | undefined }[]) =>
  messages.map(({ Body }) => Body).sort();

/** One letter of every kind. */
const some = (): TestDeadLetter[] => [
  { body: ticketChange(1, { taskSid }, {}, agoMs(2 * hour)), reason: 'taskrouter-unavailable' },
  { body: ticketChange(2, { taskSid }, {}, agoMs(30 * hour)), reason: 'taskrouter-unavailable' },
  { body: ticketChange(3, { taskSid }), reason: 'attributes-full', tries: 1 },
  { body: ticketChange(4, { taskSid }, { ticket: 'jira/SUP-4' }), reason: 'unauthorized' },
  { body: reconcileMessage(taskSid), reason: 'crashed' },
  { body: ticketChange(5, { taskSid }) },
  { body: '{"none": "of ours"}', reason: 'invalid-message', tries: 1 },
];

const filled = async (deadLetters = some()): Promise<DlqHarness> => {
  const harness = await startDlqHarness();
  await harness.sendDeadLetters(deadLetters);
  return harness;
};

const textsOf = (deadLetters: readonly TestDeadLetter[]) =>
  deadLetters.map(({ body }) => (typeof body === 'string' ? body : JSON.stringify(body))).sort();

const auditOf = async ({ root }: DlqHarness): Promise<Record<string, unknown>[]> => {
  const folder = join(root, 'audit');
  const texts = (await readdir(folder)).sort().map((name) => readFile(join(folder, name), 'utf8'));
  return (await Promise.all(texts))
    .join('')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
};

describe('dlq', () => {
  it.each([
    [
      ['dlq', '--help'],
      ['list', 'show', 'replay', 'purge'],
    ],
    [
      ['dlq', 'list', '--help'],
      ['Examples:', '--older-than'],
    ],
    [['dlq', 'show', '--help'], ['Examples:']],
    [
      ['dlq', 'replay', '--help'],
      ['Examples:', '--rate', 'Ctrl-C'],
    ],
    [
      ['dlq', 'purge', '--help'],
      ['Examples:', 'file'],
    ],
  ])('%j teaches', async (args, words) => {
    const { code, stdout, stderr } = await spawnOps(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of words) expect(stdout).toContain(word);
  });

  it.each([
    [['list', '--older-than', '2 hours'], '90s, 30m, 2h'],
    [['list', '--ticket', '4711'], '<source>/<id>'],
    [['list', '--source', 'Zen Desk'], 'lower-case'],
    [['list', '--id', 'ab'], '4 characters'],
    [['replay', '--rate', '0'], 'how many a second'],
    [['replay', '--limit', '1.5'], 'how many'],
    [['show', 'no id'], '4 characters'],
    [['list', '--local', '--profile', 'me'], '--profile'],
  ])('%j is a wrong command line', async (args, told) => {
    const { code, stdout, stderr } = await commandRunner('/nowhere')('dlq', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(told);
  });

  it('says what to do where AWS does not answer, or knows no such queue', async () => {
    const harness = await startDlqHarness({ sqs: 'http://127.0.0.1:9' });
    const ended = await harness.ops('dlq', 'list');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/did not work: ECONNREFUSED.*\nTry again/);
    const gone = await startDlqHarness();
    await gone.queues.close();
    expect((await gone.ops('dlq', 'list', '--local')).stderr).toContain('does not run');
  });
});

describe('dlq list', () => {
  it('counts by reason, source and age, and takes nothing out', async () => {
    const harness = await filled();
    const { code, stdout, stderr } = await harness.ops('dlq', 'list', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      deployment: 'the embedded world',
      complete: true,
      hidden: 0,
      total: 7,
      byReason: [
        { name: 'taskrouter-unavailable', count: 2 },
        { name: 'attributes-full', count: 1 },
        { name: 'crashed', count: 1 },
        { name: 'invalid-message', count: 1 },
        { name: 'sync-did-not-finish', count: 1 },
        { name: 'unauthorized', count: 1 },
      ],
      bySource: [
        { name: 'zendesk', count: 4 },
        { name: '(Tasks)', count: 1 },
        { name: '(unknown)', count: 1 },
        { name: 'jira', count: 1 },
      ],
      byAge: [
        { name: 'under 1 h', count: 4 },
        { name: '1 h to 6 h', count: 2 },
        { name: '1 d to 3 d', count: 1 },
      ],
    });
    const { stdout: text } = await harness.ops('dlq', 'list', '--each');
    expect(text).toMatch(/taskrouter-unavailable +2 +█+/);
    expect(text).toMatch(/attributes-full +zendesk\/3 +1 try/);
    expect(text).toContain('not readable');
    const { stdout: each } = await harness.ops('dlq', 'list', '--each', '--json');
    expect(text + each).not.toContain('none');
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it.each([
    [['--reason', 'taskrouter-unavailable'], 2],
    [['--reason', 'crashed', '--reason', 'unauthorized'], 2],
    [['--source', 'jira'], 1],
    [['--ticket', 'zendesk/2'], 1],
    [['--older-than', '1h'], 3],
    [['--older-than', '1h', '--newer-than', '1d'], 2],
    [['--source', 'zendesk', '--reason', 'sync-did-not-finish'], 1],
    [['--source', 'another'], 0],
  ])('counts only what is meant by %j', async (filter, count) => {
    const harness = await filled();
    const { stdout } = await harness.ops('dlq', 'list', '--json', ...filter);
    expect(JSON.parse(stdout)).toMatchObject({ total: count });
  });

  it('meets every one of many exactly once', async () => {
    const deadLetters = Array.from(
      { length: 503 },
      (_, id): TestDeadLetter => ({ body: ticketChange(id, { taskSid }) }),
    );
    const harness = await filled(deadLetters);
    const { stdout } = await harness.ops('dlq', 'list', '--json', '--each');
    const listed = JSON.parse(stdout).letters.map(({ ticket }: { ticket: string }) => ticket);
    expect(listed.toSorted()).toEqual(deadLetters.map((_, id) => `zendesk/${id}`).sort());
    expect(await harness.receiveDeadLetters()).toHaveLength(503);
  });

  it('tells of those that are in the hands of somebody else', async () => {
    const harness = await filled();
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 3 }));
    const { stdout } = await harness.ops('dlq', 'list');
    expect(stdout).toMatch(/embedded world: 4\n! 3 more hidden/);
  });

  it('recognises what SQS took away by itself, and knows a meaning of every reason', async () => {
    const harness = await startDlqHarness();
    const { sqs, queueUrl: QueueUrl } = harness.queues;
    const MessageBody = JSON.stringify(ticketChange(9, { taskSid }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    for (let receive = 0; receive < 3; receive += 1) {
      await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    }
    const { stdout } = await harness.ops('dlq', 'list', '--json', '--each');
    const listed = JSON.parse(stdout);
    expect(listed.letters).toMatchObject([{ reason: 'sync-did-not-finish', ticket: 'zendesk/9' }]);
    for (const reason of [
      ...some().map((deadLetter) => deadLetter.reason),
      'sync-did-not-finish',
    ]) {
      if (reason !== undefined) expect(describeReason(reason), reason).toBeTypeOf('string');
    }
  });

  it('reads the other attributes of one that has an odd one', async () => {
    const harness = await startDlqHarness();
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    const MessageAttributes = {
      reason: text('crashed'),
      tries: text('many'),
      source: text('jira'),
    };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'odd', MessageAttributes }));
    const { stdout } = await harness.ops('dlq', 'list', '--json', '--each');
    expect(JSON.parse(stdout).letters).toMatchObject([{ reason: 'crashed', source: 'jira' }]);
  });

  it('has a line for each of 200,000', () => {
    const deadLetter = readDeadLetter({ MessageId: 'a', Body: 'odd' });
    const lines = printDeadLetters(Array<typeof deadLetter>(200_000).fill(deadLetter), 0).split(
      '\n',
    );
    expect(lines).toHaveLength(200_001);
  });

  it('lists none in words', async () => {
    const harness = await startDlqHarness();
    expect(await harness.ops('dlq', 'list')).toMatchObject({
      code: 0,
      stdout: 'Dead letters, the embedded world: none\n',
    });
  });
});

describe('dlq replay', () => {
  it('sends nothing without --yes, and says what it would send', async () => {
    const harness = await filled();
    const planned = await harness.ops('dlq', 'replay', '--source', 'zendesk');
    expect(planned).toMatchObject({ code: 3, stderr: '' });
    expect(planned.stdout).toContain('4 dead letters would be sent again');
    expect(planned.stdout).toContain('Add --yes');
    expect(await harness.ops('dlq', 'replay', '--source', 'none')).toMatchObject({ code: 0 });
    const { stdout } = await harness.ops('dlq', 'replay', '--limit', '3', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ wouldSend: 3, matching: { total: 7 } });
    expect(await harness.receiveChanges()).toEqual([]);
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it('sends the bodies as they are, in their groups, marked, and accounts for each', async () => {
    const deadLetters = some();
    const harness = await filled(deadLetters);
    const { code, stdout } = await harness.ops(
      'dlq',
      'replay',
      '--yes',
      '--rate',
      '1000',
      '--json',
    );
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ sent: 7, finished: 0, failed: 0, left: 0, stopped: false });

    const changes = await harness.receiveChanges();
    expect(bodiesOf(changes)).toEqual(textsOf(deadLetters));
    const marks = changes.map(({ MessageAttributes }) => MessageAttributes);
    for (const mark of marks) expect(mark?.['replay']?.StringValue).toBe(told.replay);
    expect(await harness.receiveDeadLetters()).toEqual([]);

    const audit = await auditOf(harness);
    expect(audit[0]).toMatchObject({ event: 'began', deadLetterQueueUrl: expect.any(String) });
    const of = (event: string) =>
      audit.flatMap((line) => (line['event'] === event ? [line['letter']] : [])).sort();
    expect(of('sent')).toEqual(marks.map((mark) => mark?.['letter']?.StringValue).sort());
    expect(of('deleted')).toEqual(of('sent'));
    expect(audit.at(-1)).toMatchObject({ event: 'ended', sent: 7, left: 0 });
  });

  it('sends only what is meant, and no more than asked for', async () => {
    const harness = await filled();
    await harness.ops(
      'dlq',
      'replay',
      '--yes',
      '--reason',
      'taskrouter-unavailable',
      '--limit',
      '1',
    );
    expect(await harness.receiveChanges()).toHaveLength(1);
    await harness.ops('dlq', 'replay', '--yes', '--ticket', 'jira/SUP-4');
    expect(
      (await harness.receiveChanges()).map(({ Body = '' }) => JSON.parse(Body).change.ticket),
    ).toEqual(['jira/SUP-4']);
    expect(await harness.receiveDeadLetters()).toHaveLength(5);
  });

  it('keeps to its rate', async () => {
    const harness = await filled(
      Array.from(
        { length: 30 },
        (_, id): TestDeadLetter => ({ body: ticketChange(id, { taskSid }) }),
      ),
    );
    const start = performance.now();
    await harness.ops('dlq', 'replay', '--yes', '--rate', '15');
    // The first two seconds' worth may go at once, and the last does not wait for its turn to be over.
    expect(performance.now() - start).toBeGreaterThan(600);
    expect(await harness.receiveChanges()).toHaveLength(30);
  });

  it('does not send again what is dead again meanwhile', async () => {
    const harness = await filled();
    let rounds = 0;
    const ops = commandRunner(
      harness.root,
      {},
      {
        progress: () => ({
          // Whatever was sent dies at once.
          update: () => {
            rounds += 1;
          },
          end: () => {},
        }),
      },
    );
    const dying = setInterval(async () => {
      const { sqs, queueUrl: QueueUrl, deadLetterQueueUrl } = harness.queues;
      const asked = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked));
      for (const { Body, MessageAttributes } of Messages) {
        await sqs.send(
          new SendMessageCommand({
            QueueUrl: deadLetterQueueUrl,
            MessageBody: Body,
            MessageAttributes,
          }),
        );
      }
    }, 20);
    const { stdout } = await ops('dlq', 'replay', '--yes', '--rate', '1000', '--json');
    clearInterval(dying);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 7 });
    expect(rounds).toBeGreaterThan(0);
  });

  it('leaves what has died since it began, whoever sent it, to the next one', async () => {
    const deadLetters = Array.from(
      { length: 40 },
      (_, id): TestDeadLetter => ({ body: ticketChange(id, { taskSid }) }),
    );
    const harness = await filled(deadLetters);
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    const die = (id: number) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: JSON.stringify(ticketChange(id, { taskSid })),
          MessageAttributes: replayAttributes({ replay: 'replay-another', deadLetterId: 'any' }),
        }),
      );
    await die(100);
    const replaying = harness.ops('dlq', 'replay', '--yes', '--rate', '10', '--json');
    await delay(2000);
    await die(101);
    expect(JSON.parse((await replaying).stdout)).toMatchObject({ sent: 41, left: 1 });
    expect(
      (await harness.receiveDeadLetters()).map(({ Body = '' }) => JSON.parse(Body).change.ticket),
    ).toEqual(['zendesk/101']);
  }, 15_000);

  it('goes on past what SQS refuses for its length, and says so', async () => {
    const deadLetters = some();
    const harness = await startDlqHarness();
    await harness.sendDeadLetters([{ body: 'x'.repeat(1_048_560) }]);
    await harness.sendDeadLetters(deadLetters);
    const { code, stdout } = await harness.ops(
      'dlq',
      'replay',
      '--yes',
      '--rate',
      '1000',
      '--json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 7, failed: 1, left: 1 });
    expect(bodiesOf(await harness.receiveChanges())).toEqual(textsOf(deadLetters));
    expect((await auditOf(harness)).filter(({ event }) => event === 'not-sent')).toMatchObject([
      { reason: 'sync-did-not-finish', code: 'BatchRequestTooLong' },
    ]);
    expect(await harness.receiveDeadLetters()).toHaveLength(1);
  });

  it('sends no more than asked for, even where SQS does not delete what was sent', async () => {
    const harness = await filled();
    const { sqs, queueUrl } = harness.queues;
    const walk = createScan(sqs, harness.queues.deadLetterQueueUrl);
    const replayed = await replayDeadLetters({
      sqs,
      queueUrl,
      scan: { ...walk, remove: async () => {}, isDeleted: () => false },
      replayId: 'replay-1',
      matches: () => true,
      alreadySent: new Set(),
      audit: { write: async () => {} },
      waitForInFlight: async () => false,
      throttle: async () => {},
      batchSize: 2,
      limit: 3,
      isStopped: () => false,
      onProgress: () => {},
      now: Date.now,
    });
    expect(replayed).toMatchObject({ sent: 3, failed: 3 });
    expect(await harness.receiveChanges()).toHaveLength(3);
  });

  it('says what to do where the disk is full, and has sent nothing then', async () => {
    const harness = await filled();
    const node = [process.execPath, join(import.meta.dirname, '../../../ops/ops.ts')];
    const told = { ...stackOutputs, ...harness.queueEndpoints, ...account, sources };
    const args = [
      'dlq',
      'replay',
      '--stack',
      'prod',
      '--yes',
      '--audit',
      join(harness.root, 'full'),
    ];
    // No file may have any bytes, which is as near to a full disk as a test may come.
    const ended = await promisify(execFile)(
      'sh',
      ['-c', 'ulimit -f 0; exec "$@"', 'sh', ...node, ...args],
      {
        env: {
          PATH: [await pulumiWith(told), '/usr/bin', '/bin'].join(delimiter),
          AWS_ACCESS_KEY_ID: 'any',
          AWS_SECRET_ACCESS_KEY: 'any',
        },
      },
    ).catch((error) => error);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/cannot be written \(\w+\)\. Nothing was sent\.\n.*--audit/);
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it.each([['replay'], ['purge']])(
    '%s does not say that there is nothing to do where all are in the hands of somebody else',
    async (command) => {
      const harness = await filled();
      const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
      await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      const { code, stdout, stderr } = await harness.ops('dlq', command);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/7 cannot be just now\.\n.*again in a minute/);
    },
  );

  it('leaves all where they are when the queue of changes takes nothing', async () => {
    const harness = await startDlqHarness({});
    await harness.sendDeadLetters(some());
    const { queueUrl } = harness.queueEndpoints;
    const elsewhere = await startDlqHarness({
      ...harness.queueEndpoints,
      sqs: harness.queues.url,
      queueUrl: queueUrl.replace('changes', 'missing'),
    });
    const ended = await elsewhere.ops('dlq', 'replay', '--yes');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('QueueDoesNotExist');
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it('stops at Ctrl-C, says what is left, and goes on when it is run again', async () => {
    const deadLetters = Array.from(
      { length: 60 },
      (_, id): TestDeadLetter => ({ body: ticketChange(id, { taskSid }) }),
    );
    const harness = await filled(deadLetters);
    const stop = new AbortController();
    const ops = commandRunner(
      harness.root,
      {},
      {
        stopSignal: () => stop.signal,
        progress: () => ({ update: (done) => void (done >= 20 && stop.abort()), end: () => {} }),
      },
    );
    const stopped = await ops('dlq', 'replay', '--yes', '--rate', '100');
    expect(stopped.code).toBe(5);
    expect(stopped.stdout).toMatch(/embedded world: (\d+) sent/);
    expect(stopped.stdout).toContain('The same command again goes on');
    const first = await harness.receiveChanges();
    expect(first.length).toBeGreaterThanOrEqual(20);
    expect(first.length).toBeLessThan(60);
    expect(stopped.stdout).toContain(`${60 - first.length} dead letters are left`);

    expect(await harness.ops('dlq', 'replay', '--yes', '--rate', '1000')).toMatchObject({
      code: 0,
    });
    const rest = await harness.receiveChanges();
    expect(bodiesOf([...first, ...rest])).toEqual(textsOf(deadLetters));
  });
});

describe('dlq purge', () => {
  const file = ({ root }: DlqHarness) => join(root, 'purged.jsonl');

  it('deletes nothing where nobody can be asked', async () => {
    const harness = await filled();
    const ended = await harness.ops('dlq', 'purge');
    expect(ended).toMatchObject({ code: 3 });
    expect(ended.stdout).toContain('7 dead letters would be deleted');
    expect(ended.stdout).toContain('Nothing was deleted');
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it.each([
    ['7', 0, 0],
    ['yes', 3, 7],
    ['', 3, 7],
  ])(
    'asks for the number of those that it deletes; answered %j it ends with %d',
    async (answer, code, left) => {
      const harness = await filled();
      const asked: string[] = [];
      const ops = commandRunner(
        harness.root,
        {},
        {
          ask: async (question) => {
            asked.push(question);
            return answer;
          },
        },
      );
      expect(await ops('dlq', 'purge', '--file', file(harness))).toMatchObject({ code });
      expect(asked).toEqual([expect.stringContaining('Type 7')]);
      expect(await harness.receiveDeadLetters()).toHaveLength(left);
    },
  );

  it('writes what it deletes to a file first, whole, and deletes only what is meant', async () => {
    const deadLetters = some();
    const harness = await filled(deadLetters);
    const args = ['dlq', 'purge', '--reason', 'invalid-message', '--yes', '--file', file(harness)];
    expect(await harness.ops(...args)).toMatchObject({ code: 0 });
    const lines = (await readFile(file(harness), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { reason: 'invalid-message', body: '{"none": "of ours"}', tries: 1 },
    ]);
    expect(await harness.receiveDeadLetters()).toHaveLength(6);
  });

  it('writes what others have put beside the body as well', async () => {
    const harness = await startDlqHarness();
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    const MessageAttributes = {
      traceparent: { DataType: 'String', StringValue: '00-1' },
      blob: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
    };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'odd', MessageAttributes }));
    await harness.ops('dlq', 'purge', '--yes', '--file', file(harness));
    expect(JSON.parse(await readFile(file(harness), 'utf8'))).toMatchObject({
      attributes: {
        traceparent: { type: 'String', value: '00-1' },
        blob: { type: 'Binary', value: 'AQI=' },
      },
    });
  });

  it('does not write over a file that is there', async () => {
    const harness = await filled();
    const there = ['dlq', 'purge', '--yes', '--file', join(harness.root, '.world.json')];
    const ended = await harness.ops(...there);
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.stderr).toContain('EEXIST');
    expect(ended.stderr).toContain('Nothing was deleted');
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });
});
