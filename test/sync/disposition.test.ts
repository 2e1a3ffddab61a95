import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import { finishedTaskTtlSeconds, maxDelaySeconds } from '../../shared/config/limits.ts';
import {
  breakerOpenSeconds,
  finishingMaxWaitSeconds,
  giveUpAfterSeconds,
  minTries,
  retryCeilingsSeconds,
} from '../../shared/config/retry-policy.ts';
import type { Message } from '../../shared/messages/message.ts';
import { decideDisposition } from '../../shared/sync/disposition.ts';
import { outcomeOfError } from '../../shared/sync/outcome.ts';
import type { Outcome } from '../../shared/sync/types.ts';
import { CircuitOpen, Transient } from '../../shared/taskrouter/errors.ts';
import { confirmationMessage, now, reconcileMessage, ticketChange } from './messages.ts';
import { anyRetry, rejected } from './outcomes.ts';

const taskSid = `WT${'1'.repeat(32)}`;
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyTry = fc.integer({ min: 1, max: 400 });

/** The tries and the time that a message gets before it is given up. */
const givenUp = { tries: minTries, triedForMs: giveUpAfterSeconds * 1000 };

/** The disposition of a link at its first try, by default. */
const decide = (
  outcome: Outcome,
  {
    message = ticketChange(7, { taskSid }),
    ageMs = 0,
    tries = 1,
    triedForMs = 0,
    unfinishedTries = 0,
    random = 0.5,
  }: {
    message?: Message;
    ageMs?: number;
    tries?: number;
    triedForMs?: number;
    unfinishedTries?: number;
    random?: number;
  } = {},
) =>
  decideDisposition(
    outcome,
    {
      message: { ...message, meta: { ...message.meta, receivedAt: now - ageMs } } as Message,
      tries,
      firstTriedAt: now - triedForMs,
      unfinishedTries,
    },
    { now, random, confirmAfterSeconds: [20, 90] },
  );

const requeueDelays = (outcome: Outcome, message: Message | undefined, ages: readonly number[]) =>
  ages.map((ageMs) => {
    const disposition = decide(outcome, { ...(message && { message }), ageMs, tries: 500 });
    return disposition.action === 'requeue' ? disposition.delaySeconds : disposition.action;
  });

/** The disposition of a record that holds no message that can be read. */
const decideUnreadable = (outcome: Outcome) =>
  decideDisposition(
    outcome,
    { message: undefined, tries: 1, firstTriedAt: now, unfinishedTries: 0 },
    { now, random: 0.5, confirmAfterSeconds: [] },
  );

describe('the disposition of a final outcome', () => {
  it.each(['linked', 'removed', 'reconciled', 'unchanged', 'stale', 'expired'] as const)(
    'is to acknowledge what is %s',
    (outcome) => {
      expect(decide({ outcome })).toEqual({ action: 'acknowledge' });
    },
  );

  it('is to requeue a confirmation as the next one, unless its Task is gone', () => {
    const message = confirmationMessage(taskSid, 1);
    expect(decide({ outcome: 'unchanged' }, { message })).toMatchObject({
      action: 'requeue',
      delaySeconds: 70,
      message: { meta: { confirmationRound: 2 } },
    });
    const recheck = ticketChange(7, {}, { exclusive: true }, { recheckRound: 1 });
    for (const gone of [message, recheck]) {
      expect(decide({ outcome: 'expired' }, { message: gone })).toEqual({ action: 'acknowledge' });
    }
  });

  it('is a dead letter at the first try if the message can never be applied', () => {
    expect(decide(rejected)).toEqual({
      action: 'dead-letter',
      reason: 'attributes-full',
      detail: 'no room',
    });
    expect(decideUnreadable(rejected)).toMatchObject({ action: 'dead-letter' });
  });

  it('is to acknowledge a rejected message that the next event of its Task makes again', () => {
    const message = reconcileMessage(taskSid);
    expect(decide(rejected, { message })).toEqual({ action: 'acknowledge' });
  });
});

describe('the disposition of an unmatched change', () => {
  const unmatched: Outcome = { outcome: 'unmatched' };

  it('is to requeue it for a minute, and to acknowledge it then', () => {
    expect(requeueDelays(unmatched, undefined, [0, 59_999, 60_000])).toEqual([
      20,
      20,
      'acknowledge',
    ]);
    expect(decideUnreadable(unmatched)).toEqual({ action: 'requeue', delaySeconds: 20 });
  });

  it('is to requeue an exclusive removal for an hour, ever less often', () => {
    const removal = ticketChange(7, {}, { link: null, exclusive: true });
    const ages = [0, 30_000, 120_000, 1_200_000, 3_599_999, 3_600_000];
    expect(requeueDelays(unmatched, removal, ages)).toEqual([20, 30, 120, 900, 900, 'acknowledge']);
  });

  it.each([
    [
      'the recheck of one',
      ticketChange(7, {}, { link: null, exclusive: true }, { recheckRound: 1 }),
    ],
    ['a removal from some Tasks', ticketChange(7, {}, { link: null })],
    ['an exclusive link', ticketChange(7, {}, { exclusive: true })],
  ])('is to acknowledge %s after a minute', (_, message) => {
    expect(requeueDelays(unmatched, message, [60_000])).toEqual(['acknowledge']);
  });
});

describe('the disposition of a waiting change', () => {
  const waiting: Outcome = { outcome: 'waiting' };

  it('is to requeue it for ever, ever less often', () => {
    const ages = [0, 10_000, 40_000, 120_000, 3_600_000, 86_400_000];
    expect(requeueDelays(waiting, undefined, ages)).toEqual([2, 3, 10, 30, 60, 60]);
  });

  it('is to try it, at any age, six times while a Task exists that ended right after the last try', () => {
    const sixTries = retryCeilingsSeconds.slice(0, 5).reduce((sum, ceiling) => sum + ceiling, 0);
    fc.assert(
      fc.property(fc.nat(14 * 86_400_000), (ageMs) => {
        const [delay] = requeueDelays(waiting, undefined, [ageMs]);
        expect(Number(delay) + sixTries).toBeLessThan(finishedTaskTtlSeconds);
      }),
    );
  });
});

describe('the disposition of a retry', () => {
  const outage = (finishing: boolean): Outcome => ({
    outcome: 'retry',
    reason: 'taskrouter-unavailable',
    detail: 'HTTP 503',
    finishing,
  });

  it('goes on for 6.5 hours of an outage and 14 tries', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, finishing) => {
        const random = seededRandom(seed);
        let triedForMs = 0;
        let tries = 1;
        for (;;) {
          const disposition = decide(outage(finishing), { tries, triedForMs, random: random() });
          if (disposition.action !== 'retry-later') break;
          triedForMs += disposition.delaySeconds * 1000;
          tries += 1;
        }
        expect(triedForMs).toBeGreaterThanOrEqual(6.5 * 3600 * 1000);
        expect(tries).toBeGreaterThanOrEqual(minTries);
      }),
    );
  });

  it('is no dead letter before 6.5 hours and enough tries', () => {
    fc.assert(
      fc.property(anyRetry, anyTry, anyRandom, (outcome, tries, random) => {
        const early = { tries, triedForMs: givenUp.triedForMs - 1, random };
        expect(decide(outcome, early).action).not.toBe('dead-letter');
        const seldom = { ...givenUp, tries: Math.min(tries, minTries - 1), random };
        expect(decide(outcome, seldom).action).not.toBe('dead-letter');
      }),
    );
  });

  it.each([
    ['taskrouter-unavailable', 'taskrouter-unavailable'],
    ['taskrouter-invalid-response', 'taskrouter-invalid-response'],
    ['conflict', 'taskrouter-unavailable'],
    ['unauthorized', 'unauthorized'],
    ['crashed', 'crashed'],
  ] as const)('is in the end, after %s, a dead letter with the reason %s', (reason, deadReason) => {
    const outcome: Outcome = { outcome: 'retry', reason, detail: 'HTTP 503' };
    const repeatable = reconcileMessage(taskSid);
    for (const message of [ticketChange(7, { taskSid }), repeatable]) {
      expect(decide(outcome, { ...givenUp, message })).toEqual({
        action: 'dead-letter',
        reason: deadReason,
        detail: `${reason}: HTTP 503`,
      });
    }
  });

  it('waits as long as the table says if it does not know that the Task is finishing', () => {
    const unknown: Outcome = { outcome: 'retry', reason: 'conflict', detail: 'written 5 times' };
    expect(decide(unknown, { tries: 9 })).toEqual({ action: 'retry-later', delaySeconds: 120 });
  });

  it('comes within ten seconds after a try that left no outcome; four in a row are a dead letter', () => {
    const unfinished: Outcome = { outcome: 'retry', reason: 'sync-did-not-finish', detail: '' };
    const delays = [0, 0.5, 0.99].map((random) =>
      decide(unfinished, { ...givenUp, unfinishedTries: 3, random }),
    );
    expect(delays).toEqual(
      [0, 5, 10].map((delaySeconds) => ({ action: 'retry-later', delaySeconds })),
    );
    expect(decide(unfinished, { unfinishedTries: 4 })).toEqual({
      action: 'dead-letter',
      reason: 'sync-did-not-finish',
      detail: '4 tries left no outcome',
    });
  });

  it('waits 15 seconds at most if the circuit is open and the Task is finishing', () => {
    const openSeconds = fc.double({
      min: 0.001,
      max: Math.max(...breakerOpenSeconds),
      noNaN: true,
    });
    fc.assert(
      fc.property(anyTry, anyRandom, openSeconds, (tries, random, seconds) => {
        const outcome = outcomeOfError(new CircuitOpen(seconds * 1000, new Transient('cut')));
        const disposition = decide({ ...outcome, finishing: true } as Outcome, { tries, random });
        if (disposition.action !== 'retry-later') throw new Error(disposition.action);
        expect(disposition.delaySeconds).toBeLessThanOrEqual(finishingMaxWaitSeconds);
        expect(disposition.delaySeconds).toBeGreaterThanOrEqual(seconds);
      }),
    );
  });

  it('is never longer than SQS can delay a message, whatever Twilio asks for', () => {
    expect(decide({ ...outage(false), retryAfterMs: 3_600_000 } as Outcome)).toEqual({
      action: 'retry-later',
      delaySeconds: maxDelaySeconds,
    });
  });

  const noTime: Outcome = { outcome: 'retry', reason: 'deadline', detail: 'not started' };

  it('comes within a second if there was no time', () => {
    fc.assert(
      fc.property(anyTry, anyRandom, (tries, random) => {
        expect(decide(noTime, { tries: tries % minTries, random })).toMatchObject({
          action: 'retry-later',
          delaySeconds: expect.toBeOneOf([0, 1]),
        });
      }),
    );
  });

  it('is a copy with fresh tries, and no dead letter, if there was never time', () => {
    expect(decide(noTime, givenUp)).toEqual({ action: 'requeue', delaySeconds: 60 });
  });
});
