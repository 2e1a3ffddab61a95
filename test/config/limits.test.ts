import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountEvaluationsPerSecond,
  batchSize,
  deadLetterRetentionSeconds,
  deadlineReserve,
  evaluationsPerSecond,
  finishedTaskTtlSeconds,
  maxReceiveCount,
  minInstances,
  queueRetentionSeconds,
  requestsPerTask,
  reservedConcurrency,
  syncConcurrency,
  visibilityTimeoutSeconds,
} from '../../shared/config/limits.ts';
import {
  giveUpAfterSeconds,
  maxUnfinishedTries,
  retryCeilingsSeconds,
} from '../../shared/config/retry-policy.ts';

describe('the numbers of the queue', () => {
  const receives = maxReceiveCount(visibilityTimeoutSeconds(30));

  it('SQS moves no message while the whole function fails for hours, and all its tries are left', () => {
    const failed = receives - maxUnfinishedTries;
    expect(failed * visibilityTimeoutSeconds(30)).toBeGreaterThanOrEqual(giveUpAfterSeconds);
    expect(maxReceiveCount(visibilityTimeoutSeconds(1))).toBe(1000);
  });

  it('the queue keeps a message for all its tries, however long each one takes', () => {
    const longestWait = retryCeilingsSeconds.at(-1) ?? 0;
    const tries = receives * visibilityTimeoutSeconds(30);
    expect(queueRetentionSeconds).toBeGreaterThan(giveUpAfterSeconds + longestWait + tries);
  });

  it('tries are frequent while a finished Task may exist', () => {
    const firstSix = retryCeilingsSeconds.slice(0, 6).reduce((sum, ceiling) => sum + ceiling, 0);
    expect(firstSix).toBeLessThanOrEqual(finishedTaskTtlSeconds / 2);
  });

  it('a message that becomes a dead letter at the end of its retention is kept for another week', () => {
    expect(deadLetterRetentionSeconds - queueRetentionSeconds).toBeGreaterThan(7 * 86_400);
    expect(deadLetterRetentionSeconds).toBeLessThanOrEqual(1_209_600);
  });
});

describe('the share of the evaluations', () => {
  it.each([
    [1, 3],
    [2, 1],
    [7, 0.428],
    [1000, 0.003],
  ])('of %d instances is %d a second', (instances, share) => {
    expect(evaluationsPerSecond(instances)).toBe(share);
  });

  it('is never more than the account has, and never zero', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (instances) => {
        const share = evaluationsPerSecond(instances);
        expect(share).toBeGreaterThan(0);
        expect(share * instances).toBeLessThanOrEqual(accountEvaluationsPerSecond);
      }),
    );
  });
});

describe('the instances of the sync', () => {
  it('stay within the budget of requests to Twilio, and use as much of it as possible', () => {
    const budgets = fc.record({
      tasksInParallel: fc.integer({ min: 1, max: 64 }),
      beyond: fc.integer({ min: 0, max: 4000 }),
    });
    fc.assert(
      fc.property(budgets, ({ tasksInParallel, beyond }) => {
        const budget = minInstances * tasksInParallel * requestsPerTask + beyond;
        const instances = syncConcurrency(budget, tasksInParallel);
        const requests = (count: number) => count * tasksInParallel * requestsPerTask;
        expect(instances).toBeGreaterThanOrEqual(minInstances);
        expect(instances).toBeLessThanOrEqual(1000);
        expect(requests(instances)).toBeLessThanOrEqual(budget);
        if (instances < 1000) expect(requests(instances + 1)).toBeGreaterThan(budget);
      }),
    );
  });
});

describe('the size of a batch', () => {
  it.each([
    [1, 30, 11],
    [4, 30, 44],
    [64, 30, 704],
    [1, 3, 1],
  ])('for %d Tasks at once and a timeout of %d s is %d', (tasksInParallel, timeout, size) => {
    expect(batchSize(tasksInParallel, timeout)).toBe(size);
  });

  it('leaves the time that the response to SQS needs, even if each Task takes two seconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 10, max: 900 }),
        (tasksInParallel, timeout) => {
          const rounds = Math.ceil(batchSize(tasksInParallel, timeout) / tasksInParallel);
          expect(rounds * 2).toBeLessThanOrEqual(timeout - deadlineReserve(timeout, 1) + 2);
        },
      ),
    );
  });
});

it('the webhooks have an instance for each request that each sender may make at one moment', () => {
  const { crmChange, taskEvent } = reservedConcurrency(3, 50, 2);
  expect({ crmChange, taskEvent }).toEqual({ crmChange: 155, taskEvent: 50 });
});
