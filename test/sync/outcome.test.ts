import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineOutcomes, isPending, outcomeOfError } from '../../shared/sync/outcome.ts';
import type { Outcome } from '../../shared/sync/types.ts';
import {
  BadRequest,
  CircuitOpen,
  Conflict,
  DeadlineExceeded,
  InvalidResponse,
  NotFound,
  Transient,
  Unauthorized,
} from '../../shared/taskrouter/errors.ts';
import { anyRetry, rejected } from './outcomes.ts';

const finals = ['linked', 'removed', 'unchanged', 'stale', 'expired', 'unmatched'] as const;
const anyFinal = fc.constantFrom<Outcome>(...finals.map((outcome) => ({ outcome })), rejected);
const anyOutcome = fc.oneof(anyRetry, anyFinal, fc.constant<Outcome>({ outcome: 'waiting' }));

describe('the outcome of a change at several Tasks', () => {
  it('is pending as long as it is pending at one Task', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome, { minLength: 1 }), (outcomes) => {
        expect(isPending(combineOutcomes(outcomes))).toBe(outcomes.some(isPending));
      }),
    );
  });

  it('is that of one of its Tasks, in any order', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome, { minLength: 1 }), (outcomes) => {
        const combined = combineOutcomes(outcomes);
        expect(outcomes).toContain(combined);
        expect(combineOutcomes(outcomes.toReversed())).toEqual(combined);
      }),
    );
  });

  it('waits as long as the Task that has to wait longest', () => {
    const unavailable = (retryAfterMs: number): Outcome => ({
      outcome: 'retry',
      reason: 'taskrouter-unavailable',
      detail: 'HTTP 429',
      retryAfterMs,
    });
    const outcomes = [unavailable(1000), unavailable(9000), { outcome: 'linked' } as const];
    expect(combineOutcomes(outcomes)).toEqual(unavailable(9000));
  });

  it('is urgent if one of the Tasks is finishing', () => {
    const late = { outcome: 'retry', reason: 'deadline', detail: 'not started' } as const;
    const unauthorized = { outcome: 'retry', reason: 'unauthorized', detail: 'HTTP 401' } as const;
    expect(combineOutcomes([{ ...late, finishing: true }, unauthorized])).toEqual({
      ...unauthorized,
      finishing: true,
    });
  });

  it('is unmatched if there is no Task', () => {
    expect(combineOutcomes([])).toEqual({ outcome: 'unmatched' });
  });
});

describe('the outcome of an error', () => {
  it.each([
    [new NotFound('gone', { status: 404 }), { outcome: 'expired' }],
    [
      new BadRequest('no', { status: 400 }),
      { outcome: 'rejected', reason: 'twilio-bad-request', detail: 'HTTP 400' },
    ],
    [new Unauthorized('no', { status: 401 }), { outcome: 'retry', reason: 'unauthorized' }],
    [
      new Transient('later', { status: 429, retryAfterMs: 7000 }),
      { outcome: 'retry', reason: 'taskrouter-unavailable', retryAfterMs: 7000 },
    ],
    [
      new InvalidResponse('GET Task: response without usable headers.etag', { status: 200 }),
      {
        outcome: 'retry',
        reason: 'taskrouter-invalid-response',
        detail: 'GET Task: response without usable headers.etag',
      },
    ],
    [new DeadlineExceeded('stopped'), { outcome: 'retry', reason: 'taskrouter-unavailable' }],
    [new Transient('cut'), { reason: 'taskrouter-unavailable', detail: 'no response' }],
    [new Conflict('412', { status: 412 }), { outcome: 'retry' }],
    [new TypeError('secret value'), { reason: 'crashed', detail: 'TypeError' }],
    ['thrown text', { reason: 'crashed', detail: 'string' }],
  ])('%s', (error, outcome) => {
    expect(outcomeOfError(error)).toMatchObject(outcome);
  });

  it('is that of the last failure if the circuit is open, until the circuit may close', () => {
    const unauthorized = new CircuitOpen(4000, new Unauthorized('no', { status: 403 }));
    expect(outcomeOfError(unauthorized)).toEqual({
      outcome: 'retry',
      reason: 'unauthorized',
      detail: 'circuit open, last failure: HTTP 403',
      retryAfterMs: 4000,
    });
    expect(outcomeOfError(new CircuitOpen(1000, new Transient('cut')))).toMatchObject({
      reason: 'taskrouter-unavailable',
      detail: 'circuit open, last failure: no response',
    });
    expect(outcomeOfError(new CircuitOpen(1000, undefined))).toMatchObject({
      outcome: 'retry',
      reason: 'taskrouter-unavailable',
    });
  });
});
