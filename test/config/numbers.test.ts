import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountEvaluationsPerSecond,
  deadLetterRetentionSeconds,
  evaluationsPerSecond,
  maximumReceives,
  queueRetentionSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/numbers.ts';
import { maximumTries, retryDelaysSeconds } from '../../shared/config/retry.ts';

describe('the numbers of the queue', () => {
  it.each([
    [1, 6],
    [30, 180],
    [900, 5400],
  ])('a function with a timeout of %d s has its messages hidden for %d s', (timeout, hidden) => {
    expect(visibilityTimeoutSeconds(timeout)).toBe(hidden);
  });

  it('SQS takes no message away before the consumer has had all its tries', () => {
    expect(maximumReceives(maximumTries)).toBeGreaterThan(maximumTries + 5);
    expect(maximumReceives(maximumTries)).toBeLessThanOrEqual(1000);
  });

  it('a message outlives all its tries in the queue, however long each one took', () => {
    const waits = retryDelaysSeconds.reduce((sum, wait) => sum + wait, 0);
    const tries = maximumReceives(maximumTries) * visibilityTimeoutSeconds(30);
    expect(queueRetentionSeconds).toBeGreaterThan(waits + tries);
  });

  it('a dead letter that was given up at the very end of its time in the queue is kept for another week', () => {
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

  it('never comes to more than the account has, and is never nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (instances) => {
        const share = evaluationsPerSecond(instances);
        expect(share).toBeGreaterThan(0);
        expect(share * instances).toBeLessThanOrEqual(accountEvaluationsPerSecond);
      }),
    );
  });
});
