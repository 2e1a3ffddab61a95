import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serve } from '../../local/serve.ts';
import { commandRunner, startOps, writeStateFile } from '../command-line.ts';
import { startFailingProxy } from '../proxy.ts';
import { auditedIds, bodyText, manyDeadLetters, readAudit } from './dead-letters.ts';
import { startDlqHarness } from './dlq-harness.ts';
import { interruptAndContinue, replayArguments, stackAt } from './process-replay.ts';

/** A held message is visible again after a minute: here that takes two seconds. */
const timeFactor = 30;

describe('a replay that is killed', () => {
  it.each([
    ['SendMessageBatch', false],
    ['SendMessageBatch', true],
    ['DeleteMessageBatch', false],
    ['DeleteMessageBatch', true],
  ] as const)(
    'at a %s beside others, which SQS gets: %s, loses nothing, and the next one finishes it',
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
      const { queueUrl, deadLetterQueueUrl, taskRouterUrl } = harness.queueEndpoints;
      await writeStateFile(harness.root, {
        taskrouter: taskRouterUrl,
        sqs: proxy.url,
        queueUrl: queueUrl.replace(harness.queues.url, proxy.url),
        deadLetterQueueUrl: deadLetterQueueUrl.replace(harness.queues.url, proxy.url),
      });
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
});

describe('a replay of 500 dead letters', () => {
  it('stops at Ctrl-C, continues, and audits all of them', async () => {
    await interruptAndContinue(500, 100);
  }, 120_000);
});

describe('an SQS that takes requests and never answers', () => {
  it.each([
    ['list', true],
    ['replay', true],
    ['list', false],
  ])(
    'ends dlq %s: at the first Ctrl-C, if there is one (%s), or by a time-out',
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
});
