import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountEvaluationsPerSecond,
  batchSize,
  deadLetterRetentionSeconds,
  deadlineReserve,
  defaultConcurrentRequests,
  eventSources,
  finishedTaskTtlSeconds,
  instanceEvaluationsPerSecond,
  maxReceiveCount,
  minConcurrentRequests,
  queueNames,
  queueRetentionSeconds,
  requestsInParallel,
  reservedConcurrency,
  syncTimeoutSeconds,
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

describe('the instances of sync', () => {
  const searching = eventSources.lookups.maximumConcurrency;

  it('use all the evaluations of the account together, and no more', () => {
    expect(instanceEvaluationsPerSecond * searching).toBe(accountEvaluationsPerSecond);
  });

  const budgets = fc.record({
    queue: fc.constantFrom(...queueNames),
    budget: fc.integer({ min: minConcurrentRequests, max: 6000 }),
  });

  const inParallel = (budget: number) =>
    queueNames.map((queue) => requestsInParallel(queue, budget));

  it('stay within the requests to Twilio at once, and use as many as possible', () => {
    fc.assert(
      fc.property(budgets, ({ budget }) => {
        const [changes = 0, lookups = 0] = inParallel(budget);
        expect(Math.min(changes, lookups)).toBeGreaterThanOrEqual(2);
        const all = 6 * changes + 3 * lookups;
        expect(all).toBeLessThanOrEqual(budget);
        expect(all).toBeGreaterThan(budget - 10);
      }),
    );
    expect(inParallel(defaultConcurrentRequests)).toEqual([10, 12]);
  });

  it('have time for a batch if Twilio takes a second for each of three requests a Task', () => {
    const seconds = syncTimeoutSeconds - deadlineReserve(syncTimeoutSeconds, 1);
    fc.assert(
      fc.property(budgets, ({ queue, budget }) => {
        const size = batchSize(queue, budget);
        expect(size).toBeGreaterThanOrEqual(1);
        expect((3 * size) / requestsInParallel(queue, budget)).toBeLessThanOrEqual(seconds);
      }),
    );
    expect(batchSize('changes', defaultConcurrentRequests)).toBe(10);
    expect(batchSize('lookups', defaultConcurrentRequests)).toBe(44);
  });
});

it('the webhooks have an instance for each request that each sender may make at one moment', () => {
  const { crmChange, taskEvent } = reservedConcurrency(3, 50);
  expect({ crmChange, taskEvent }).toEqual({ crmChange: 155, taskEvent: 50 });
});
