import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakerPausesSeconds } from '../../shared/config/breaker.ts';
import {
  accountEvaluationsPerSecond,
  deadLetterRetentionSeconds,
  evaluationsPerSecond,
  finishedTaskSeconds,
  maximumReceives,
  queueRetentionSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/numbers.ts';
import {
  givenUpAfterSeconds,
  leastTries,
  retryCeilingsSeconds,
  usualTries,
} from '../../shared/config/retry.ts';

describe('the numbers of the queue', () => {
  it.each([
    [1, 6],
    [30, 180],
    [900, 5400],
  ])('a function with a timeout of %d s has its messages hidden for %d s', (timeout, hidden) => {
    expect(visibilityTimeoutSeconds(timeout)).toBe(hidden);
  });

  it('SQS takes no message away before the consumer has had all its tries', () => {
    expect(usualTries).toBeGreaterThan(leastTries);
    expect(maximumReceives(usualTries)).toBeGreaterThan(1.5 * usualTries);
    expect(maximumReceives(usualTries)).toBeLessThanOrEqual(1000);
  });

  it('a message outlives all its tries in the queue, however long each one took', () => {
    const longestWait = retryCeilingsSeconds.at(-1) ?? 0;
    const tries = maximumReceives(usualTries) * visibilityTimeoutSeconds(30);
    expect(queueRetentionSeconds).toBeGreaterThan(givenUpAfterSeconds + longestWait + tries);
  });

  it('an outage of six hours makes no dead letter, and tries are dense while a finished Task may live', () => {
    expect(givenUpAfterSeconds).toBeGreaterThan(6 * 3600);
    const dense = retryCeilingsSeconds.slice(0, 6).reduce((sum, ceiling) => sum + ceiling, 0);
    expect(dense).toBeLessThanOrEqual(finishedTaskSeconds / 2);
  });

  it('no pause of the breaker is as long as a finished Task lives', () => {
    expect(Math.max(...breakerPausesSeconds)).toBeLessThanOrEqual(finishedTaskSeconds / 2);
    expect(breakerPausesSeconds).toEqual(breakerPausesSeconds.toSorted((a, b) => a - b));
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
