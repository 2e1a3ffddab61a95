import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ticketChange } from '../../sync/messages.ts';
import {
  account,
  operatorEnvironment,
  pulumiWith,
  sources,
  stackOutputs,
  startOps,
} from '../command-line.ts';
import { startDlqHarness, type TestDeadLetter } from './dlq-harness.ts';
import { startKillingProxy } from './killing-proxy.ts';

const taskSid = `WT${'1'.repeat(32)}`;
/** A letter that somebody held who was killed comes back after a minute: here that is two seconds. */
const timeFactor = 30;

const manyDeadLetters = (count: number): TestDeadLetter[] =>
  Array.from({ length: count }, (_, id) => ({
    body: ticketChange(id, { taskSid }),
    reason: 'taskrouter-unavailable',
  }));

/** Each body that is in a queue, as often as it is. */
const countsOf = (messages: readonly { Body?: string | undefined }[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { Body = '' } of messages) counts.set(Body, (counts.get(Body) ?? 0) + 1);
  return counts;
};

/** The environment of a process that knows a stack with these queues. */
const stackAt = async (url: string, { queueUrl, deadLetterQueueUrl }: Record<string, string>) => ({
  path: await pulumiWith({
    ...stackOutputs,
    queueUrl: queueUrl?.replace(/^http:\/\/[^/]+/, url),
    deadLetterQueueUrl: deadLetterQueueUrl?.replace(/^http:\/\/[^/]+/, url),
    workspaceSid: account.workspaceSid,
    sources,
  }),
  ...operatorEnvironment,
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
});

const args = (folder: string, rate: number) => [
  ...['dlq', 'replay', '--stack', 'prod', '--yes', '--json'],
  ...['--rate', String(rate), '--audit', folder],
];

const auditOf = async (folder: string): Promise<Record<string, unknown>[]> => {
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .join('')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
};

describe('a replay that is killed', () => {
  // One receive, send and delete for each ten letters, and what is asked before and after.
  const points = [2, 3, 4, 6, 7];
  it.each(points.flatMap((at) => [[at, true] as const, [at, false] as const]))(
    'at its request %d (which SQS gets: %s) loses nothing, and the next one ends it',
    async (at, takesEffect) => {
      const deadLetters = manyDeadLetters(15);
      const harness = await startDlqHarness({ timeFactor });
      await harness.sendDeadLetters(deadLetters);
      const folder = join(harness.root, 'audit');
      let kill = () => {};
      const proxy = await startKillingProxy(harness.queues.url, at, takesEffect, () => kill());
      const { child, ended } = startOps(
        args(folder, 5),
        await stackAt(proxy.url, harness.queueEndpoints),
      );
      kill = () => void child.kill('SIGKILL');
      await ended;

      const again = await startOps(
        args(folder, 1000),
        await stackAt(harness.queues.url, harness.queueEndpoints),
      ).ended;
      expect(again, again.stderr).toMatchObject({ code: 0 });
      const changes = await harness.receiveChanges();
      const counts = countsOf(changes);
      for (const { body } of deadLetters) expect(counts.has(JSON.stringify(body))).toBe(true);
      // What SQS had taken, and we did not live to hear of, is sent once more: one request's worth.
      expect(changes.length - deadLetters.length).toBeLessThanOrEqual(10);
      expect(JSON.parse(again.stdout)).toMatchObject({ left: 0, failed: 0 });
      expect(await harness.receiveDeadLetters()).toEqual([]);

      const audit = await auditOf(folder);
      const deleted = audit.filter(({ event }) => event === 'deleted');
      const sent = new Set(
        audit.flatMap(({ event, letter: deadLetter }) => (event === 'sent' ? [deadLetter] : [])),
      );
      expect(sent.size).toBe(deadLetters.length);
      // A delete that took effect may have died with us before it was noted.
      expect(deleted.length).toBeGreaterThanOrEqual(deadLetters.length - 10);
    },
    60_000,
  );
});

describe('a replay of ten thousand dead letters', () => {
  it('shows its progress, is interrupted, goes on, and accounts for all of them', async () => {
    const deadLetters = manyDeadLetters(10_000);
    const harness = await startDlqHarness({ timeFactor });
    await harness.sendDeadLetters(deadLetters);
    const folder = join(harness.root, 'audit');
    const environment = await stackAt(harness.queues.url, harness.queueEndpoints);

    const { child, ended } = startOps(args(folder, 2000), environment);
    child.stderr?.on('data', (text) => {
      if (String(text).startsWith('Replaying')) child.kill('SIGINT');
    });
    const stopped = await ended;
    expect(stopped.stderr).toMatch(/^Replaying \d+ of 10000 {2}\d+\/s {2}.+ left/m);
    expect(stopped.code).toBe(5);
    const first = JSON.parse(stopped.stdout);
    expect(first.stopped).toBe(true);
    expect(first.sent).toBeGreaterThan(0);
    expect(first.left).toBe(10_000 - first.sent);

    const rest = await startOps(args(folder, 5000), environment).ended;
    expect(rest, rest.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(rest.stdout)).toMatchObject({ sent: 10_000 - first.sent, left: 0 });

    const audit = await auditOf(folder);
    const of = (event: string) =>
      audit.flatMap((line) => (line['event'] === event ? [line['letter']] : []));
    expect(of('sent')).toHaveLength(10_000);
    expect(new Set(of('sent')).size).toBe(10_000);
    expect(new Set(of('deleted'))).toEqual(new Set(of('sent')));
    const changes = await harness.receiveChanges();
    expect(countsOf(changes).size).toBe(10_000);
    expect(changes).toHaveLength(10_000);
  }, 180_000);
});
