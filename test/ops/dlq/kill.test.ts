import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandRunner, startOps, writeStateFile } from '../command-line.ts';
import { startFailingProxy } from '../proxy.ts';
import { auditedIds, bodyText, manyDeadLetters, readAudit } from './dead-letters.ts';
import { startDlqHarness } from './dlq-harness.ts';
import { interruptAndContinue, replayArguments, stackAt } from './process-replay.ts';

/** A held message is visible again after a minute: here that takes two seconds. */
const timeFactor = 30;

/** The first replay counts the queue, receives ten, sends them and deletes them. */
const requests = { send: 3, delete: 4 };

describe('a replay that is killed', () => {
  it.each([
    ['send', false],
    ['send', true],
    ['delete', false],
    ['delete', true],
  ] as const)(
    'at its first %s, which SQS gets: %s, loses nothing, and the next one finishes it',
    async (request, takesEffect) => {
      const deadLetters = manyDeadLetters(15);
      const harness = await startDlqHarness({ timeFactor });
      await harness.sendDeadLetters(deadLetters);
      const folder = join(harness.root, 'audit');
      let kill = () => {};
      const proxy = await startFailingProxy(harness.queues.url, {
        at: requests[request],
        takesEffect,
        fail: () => kill(),
      });
      const { child, ended } = startOps(
        replayArguments(folder, 5, '--stack', 'prod'),
        await stackAt(proxy.url, harness.queueEndpoints),
      );
      kill = () => void child.kill('SIGKILL');
      await ended;

      // The next run reaches the queues by the same URLs, so that it recognises the audit of the first.
      const { queueUrl, deadLetterQueueUrl } = harness.queueEndpoints;
      await writeStateFile(harness.root, {
        taskrouter: harness.queues.url,
        sqs: proxy.url,
        queueUrl: queueUrl.replace(harness.queues.url, proxy.url),
        deadLetterQueueUrl: deadLetterQueueUrl.replace(harness.queues.url, proxy.url),
      });
      const next = await commandRunner(harness.root)(...replayArguments(folder, 1000, '--local'));
      expect(next, next.stderr).toMatchObject({ code: 0 });
      const isSentTwice = request === 'send' && takesEffect;
      const isResumed = request === 'delete' && !takesEffect;
      expect(JSON.parse(next.stdout)).toMatchObject({
        sent: request === 'send' ? 15 : 5,
        resumed: isResumed ? 10 : 0,
        failed: 0,
        remaining: 0,
      });
      expect(await harness.receiveDeadLetters()).toEqual([]);

      const changes = await harness.receiveChanges();
      expect(new Set(changes.map(({ Body }) => Body))).toEqual(new Set(deadLetters.map(bodyText)));
      expect(changes).toHaveLength(isSentTwice ? 25 : 15);
      const sentIds = auditedIds(await readAudit(folder), 'sent');
      expect(new Set(sentIds).size).toBe(15);
    },
    120_000,
  );
});

describe('a replay of 500 dead letters', () => {
  it('stops at Ctrl-C, continues, and audits all of them', async () => {
    await interruptAndContinue(500, 100);
  }, 120_000);
});
