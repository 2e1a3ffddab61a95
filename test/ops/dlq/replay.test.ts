import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { queueDepth } from '../../../ops/aws.ts';
import { type DeadLetter, readDeadLetter } from '../../../ops/dlq/dead-letter.ts';
import { replayDeadLetters } from '../../../ops/dlq/replay.ts';
import { Scan } from '../../../ops/dlq/scan.ts';
import { sendDeadLetters } from '../../../ops/dlq/send-dead-letters.ts';
import { isRateMissed } from '../../../ops/dlq/timing.ts';
import { replayAttributes } from '../../../shared/messages/message.ts';
import { serve } from '../../local/serve.ts';
import { ticketChange } from '../../sync/messages.ts';
import { commandRunner, failure, startOps, writeStateFile } from '../command-line.ts';
import { startFailingProxy } from '../proxy.ts';
import {
  auditedIds,
  bodiesOf,
  bodyText,
  manyDeadLetters,
  oneOfEach,
  readAudit,
  taskSid,
  textsOf,
  ticketOf,
} from './dead-letters.ts';
import { type DlqHarness, filled, startDlqHarness } from './dlq-harness.ts';
import { endpointsAt, interruptAndContinue, replayArguments, stackAt } from './process-replay.ts';

const auditOf = ({ root }: DlqHarness) => readAudit(join(root, 'audit'));
const replayNow = ['dlq', 'replay', '--yes', '--rate', '1000'];

/** The options of a replay of all dead letters of a harness, without audit and rate limit. */
const optionsFor = ({ queues }: DlqHarness) => ({
  send: (deadLetters: readonly DeadLetter[]) =>
    sendDeadLetters(queues.sqs, queues.queueUrls, 'replay-1', deadLetters),
  scan: new Scan(
    { sqs: queues.sqs, queueUrl: queues.deadLetterQueueUrl, read: readDeadLetter },
    new AbortController().signal,
    60,
  ),
  replayId: 'replay-1',
  matches: () => true,
  alreadySent: new Set<string>(),
  audit: { write: async () => {} },
  waitForInFlight: async () => false,
  throttle: async () => {},
  batchSize: 10,
  parallelSends: 4,
  isStopped: () => false,
  onProgress: () => {},
  now: Date.now,
});

describe('dlq replay', () => {
  it('sends nothing without --yes, and says what it would send', async () => {
    const harness = await filled();
    const planned = await harness.ops('dlq', 'replay', '--source', 'zendesk');
    expect(planned).toMatchObject({ code: 3, stderr: '' });
    expect(planned.stdout).toContain('4 dead letters about 4 tickets would be sent again');
    expect(planned.stdout).toContain('Dry run: nothing was sent. Add --yes');
    expect(await harness.ops('dlq', 'replay', '--reason', 'twilio-bad-request')).toMatchObject({
      code: 0,
    });
    const { stdout } = await harness.ops('dlq', 'replay', '--limit', '3', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ wouldSend: 3, matching: { total: 7 } });
    expect(await harness.receiveChanges()).toEqual([]);
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it('sends the bodies unchanged, in their groups, marked, and audits each', async () => {
    const deadLetters = oneOfEach();
    const harness = await filled(deadLetters);
    const { code, stdout } = await harness.ops(...replayNow, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ sent: 7, resumed: 0, failed: 0, remaining: 0, stopped: false });
    const { sqs, queueUrls } = harness.queues;
    expect(await queueDepth(sqs, queueUrls.lookups)).toMatchObject({ visible: 1 });

    const changes = await harness.receiveChanges();
    expect(bodiesOf(changes)).toEqual(textsOf(deadLetters));
    const marks = changes.map(({ MessageAttributes }) => MessageAttributes);
    for (const mark of marks) expect(mark?.['replay']?.StringValue).toBe(result.replay);
    expect(await harness.receiveDeadLetters()).toEqual([]);

    const audit = await auditOf(harness);
    expect(audit[0]).toMatchObject({ event: 'started', deadLetterQueueUrl: expect.any(String) });
    const sentIds = auditedIds(audit, 'sent').sort();
    expect(sentIds).toEqual(marks.map((mark) => mark?.['deadLetterId']?.StringValue).sort());
    expect(auditedIds(audit, 'deleted').sort()).toEqual(sentIds);
    expect(audit.at(-1)).toMatchObject({ event: 'finished', sent: 7, remaining: 0 });
  });

  it('sends only what matches, and no more than the limit', async () => {
    const harness = await filled();
    const reason = ['--reason', 'taskrouter-unavailable'];
    await harness.ops('dlq', 'replay', '--yes', ...reason, '--limit', '1');
    expect(await harness.receiveChanges()).toHaveLength(1);
    await harness.ops('dlq', 'replay', '--yes', '--ticket', 'jira/SUP-4');
    expect((await harness.receiveChanges()).map(ticketOf)).toEqual(['jira/SUP-4']);
    expect(await harness.receiveDeadLetters()).toHaveLength(5);
  });

  it('sends no more than the limit, even if SQS does not delete what was sent', async () => {
    const harness = await filled();
    const { scan, ...options } = optionsFor(harness);
    const counts = await replayDeadLetters({
      ...options,
      scan: { next: (max) => scan.next(max), remove: async () => {}, isDeleted: () => false },
      batchSize: 2,
      limit: 3,
    });
    expect(counts).toMatchObject({ sent: 3, failed: 3 });
    expect(await harness.receiveChanges()).toHaveLength(3);
  });

  it('sends nothing while TaskRouter is down, unless it is forced to', async () => {
    const down = await serve(createServer((_, response) => response.writeHead(503).end('{}')));
    const harness = await startDlqHarness({ taskrouter: down });
    await harness.sendDeadLetters(oneOfEach());
    const said = failure(/TaskRouter responded 503\. Nothing was sent.*\n.*--force/);
    expect(await harness.ops(...replayNow)).toMatchObject(said);
    const planned = await harness.ops('dlq', 'replay');
    expect(planned.stdout).toContain('! TaskRouter does not work now: ');
    expect(await harness.ops(...replayNow, '--force')).toMatchObject({ code: 0 });
    expect(await harness.receiveChanges()).toHaveLength(7);
  });

  it.each([
    [{ sent: 3000, skipped: 0, perSecond: 300 }, 500, true],
    [{ sent: 3000, skipped: 0, perSecond: 480 }, 500, false],
    // Too few to say, or most of the time went into reading others.
    [{ sent: 20, skipped: 0, perSecond: 5 }, 20, false],
    [{ sent: 3000, skipped: 9000, perSecond: 300 }, 500, false],
  ])('with %j at a rate of %d, the rate was missed: %s', (counts, rate, missed) => {
    expect(isRateMissed(counts, rate)).toBe(missed);
  });

  it('is not faster than its rate', async () => {
    const harness = await filled(manyDeadLetters(30));
    const start = performance.now();
    await harness.ops('dlq', 'replay', '--yes', '--rate', '30');
    // Ten may be sent at once, then ten in each third of a second.
    expect(performance.now() - start).toBeGreaterThan(600);
    expect(await harness.receiveChanges()).toHaveLength(30);
  });

  it('does not send again what becomes a dead letter again meanwhile', async () => {
    const harness = await filled();
    const { sqs, queueUrls, deadLetterQueueUrl } = harness.queues;
    const options = optionsFor(harness);
    let failedAgain = 0;
    const counts = await replayDeadLetters({
      ...options,
      batchSize: 1,
      // Before each send, everything sent so far becomes a dead letter again.
      throttle: async () => {
        const request = { MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: queueUrls.changes, ...request }),
        );
        for (const { Body: MessageBody, MessageAttributes } of Messages) {
          const message = { QueueUrl: deadLetterQueueUrl, MessageBody, MessageAttributes };
          await sqs.send(new SendMessageCommand(message));
        }
        failedAgain += Messages.length;
      },
    });
    expect(counts).toMatchObject({ sent: 7, failed: 0 });
    expect(failedAgain).toBeGreaterThan(0);
  });

  it('leaves to the next replay what became a dead letter since it started', async () => {
    const harness = await filled(manyDeadLetters(20));
    const { sqs, deadLetterQueueUrl: QueueUrl } = harness.queues;
    const fail = (id: number) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: JSON.stringify(ticketChange(id, { taskSid })),
          MessageAttributes: replayAttributes({ replay: 'replay-another', deadLetterId: 'any' }),
        }),
      );
    await fail(100);
    const startedAt = Date.now();
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(startedAt));
    const options = optionsFor(harness);
    let failed = false;
    const counts = await replayDeadLetters({
      ...options,
      throttle: async () => {
        if (!failed) await fail(101);
        failed = true;
      },
      now: () => startedAt,
    });
    await options.scan.close();
    expect(counts).toMatchObject({ sent: 21, skipped: 1 });
    expect((await harness.receiveDeadLetters()).map(ticketOf)).toEqual(['zendesk/101']);
  });

  it('continues after a message that SQS rejects for its length, and says so', async () => {
    const deadLetters = oneOfEach();
    const harness = await startDlqHarness();
    await harness.sendDeadLetters([{ body: 'x'.repeat(1_048_560) }]);
    await harness.sendDeadLetters(deadLetters);
    const { code, stdout } = await harness.ops(...replayNow, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ sent: 7, failed: 1, remaining: 1 });
    expect(bodiesOf(await harness.receiveChanges())).toEqual(textsOf(deadLetters));
    expect((await auditOf(harness)).filter(({ event }) => event === 'not-sent')).toMatchObject([
      { reason: 'sync-did-not-finish', code: 'BatchRequestTooLong' },
    ]);
    expect(await harness.receiveDeadLetters()).toHaveLength(1);
  });

  it('says what to do if the disk is full, and has sent nothing', async () => {
    const harness = await filled();
    const ops = [process.execPath, join(import.meta.dirname, '../../../ops/ops.ts')];
    const { path, ...env } = await stackAt(harness.queues.url, harness.queueEndpoints);
    const folder = join(harness.root, 'full');
    const args = ['dlq', 'replay', '--stack', 'prod', '--yes', '--audit', folder];
    // No file may have any bytes: as close to a full disk as a test can come.
    const ended = await promisify(execFile)(
      'sh',
      ['-c', 'ulimit -f 0; exec "$@"', 'sh', ...ops, ...args],
      { env: { ...env, PATH: [path, '/usr/bin', '/bin'].join(delimiter) } },
    ).catch((error) => error);
    const said = failure(/could not be written \(\w+\)\. Nothing was sent\.\n.*--audit/);
    expect(ended).toMatchObject(said);
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });

  it('deletes nothing if the queue does not exist', async () => {
    const harness = await filled();
    const missing = `${harness.queues.url}/000000000000/missing`;
    const elsewhere = await startDlqHarness({
      ...harness.queueEndpoints,
      queueUrls: { changes: missing, lookups: missing },
    });
    const ended = await elsewhere.ops('dlq', 'replay', '--yes');
    expect(ended).toMatchObject(failure('QueueDoesNotExist'));
    expect(await harness.receiveDeadLetters()).toHaveLength(7);
  });
});

/** A held message is visible again after a minute: here that takes two seconds. */
const timeFactor = 30;

it.each([
  ['SendMessageBatch', false],
  ['SendMessageBatch', true],
  ['DeleteMessageBatch', false],
  ['DeleteMessageBatch', true],
] as const)(
  'a replay that is killed at a %s, which SQS gets: %s, loses nothing, and the next finishes it',
  async (action, takesEffect) => {
    const deadLetters = manyDeadLetters(55);
    const harness = await startDlqHarness({ timeFactor });
    await harness.sendDeadLetters(deadLetters);
    const folder = join(harness.root, 'audit');
    let kill = () => {};
    const proxy = await startFailingProxy(harness.queues.url, {
      at: 3,
      action,
      takesEffect,
      fail: () => kill(),
    });
    const { child, ended } = startOps(
      replayArguments(folder, 1000, '--stack', 'prod'),
      await stackAt(proxy.url, harness.queueEndpoints),
    );
    kill = () => void child.kill('SIGKILL');
    await ended;

    // The next run reaches the queues by the same URLs, so that it recognises the audit of the first.
    const { taskRouterUrl: taskrouter, ...queues } = endpointsAt(proxy.url, harness.queueEndpoints);
    await writeStateFile(harness.root, { taskrouter, ...queues });
    const next = await commandRunner(harness.root)(...replayArguments(folder, 1000, '--local'));
    expect(next, next.stderr).toMatchObject({ code: 0 });
    const { sent, resumed, failed, remaining } = JSON.parse(next.stdout);
    expect({ failed, remaining }).toEqual({ failed: 0, remaining: 0 });
    if (action === 'DeleteMessageBatch' && !takesEffect) expect(resumed).toBeGreaterThan(0);
    expect(await harness.receiveDeadLetters()).toEqual([]);

    const changes = await harness.receiveChanges();
    expect(new Set(changes.map(({ Body }) => Body))).toEqual(new Set(deadLetters.map(bodyText)));
    const audit = await readAudit(folder);
    const sentIds = auditedIds(audit, 'sent');
    expect(new Set(sentIds).size).toBe(55);
    // What is on the disk as sent is not sent again.
    expect(sentIds).toHaveLength(55);
    expect(sent + resumed).toBeLessThanOrEqual(55);
  },
  120_000,
);

it('a replay of 500 dead letters stops at Ctrl-C, continues, and audits all of them', async () => {
  await interruptAndContinue(500, 100);
}, 120_000);

it.each([
  ['list', true],
  ['replay', true],
  ['list', false],
])(
  'dlq %s ends if SQS never answers: at the first Ctrl-C, if there is one (%s), or by a time-out',
  async (command, stops) => {
    const asked = Promise.withResolvers<void>();
    const url = await serve(createServer(() => asked.resolve()));
    const environment = await stackAt(url, (await startDlqHarness()).queueEndpoints);
    const { child, ended } = startOps(['dlq', command, '--stack', 'prod'], environment);
    await asked.promise;
    if (stops) child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(stops ? 5 : 1);
    if (!stops) expect(stderr).toContain('failed: ETIMEDOUT');
  },
  60_000,
);
