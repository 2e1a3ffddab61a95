import { describe, expect, it } from 'vitest';
import { confirmationsFor, nextFollowUp, rechecksFor } from '../../shared/sync/follow-ups.ts';
import type { Outcome } from '../../shared/sync/types.ts';
import { confirmationMessage, deliveryOf, reconcileMessage, ticketChange } from './messages.ts';

const taskSid = `WT${'1'.repeat(32)}`;
const delays = [20, 90];
const options = { confirmAfterSeconds: delays, taskEvents: false };
const unchanged: Outcome = { outcome: 'unchanged' };
const progress = { calls: 0, conflicts: 0, finishing: false };

const firstConfirmation = (repairStreak: number) =>
  confirmationsFor(
    [{ taskSid, tickets: [], repairStreak, progress, outcomes: new Map() }],
    options,
    0,
  )[0];

describe('a confirmation', () => {
  it('is followed by the next one if it found nothing to repair', () => {
    const message = confirmationMessage(taskSid, 1);
    const next = nextFollowUp(message, unchanged, delays);
    expect(next).toMatchObject({ delaySeconds: 70, message: { meta: { confirmationRound: 2 } } });
    expect(nextFollowUp(message, { outcome: 'reconciled' }, delays)).toBeUndefined();
  });

  it('is not followed by another one after the last', () => {
    expect(nextFollowUp(confirmationMessage(taskSid, 2), unchanged, delays)).toBeUndefined();
    expect(nextFollowUp(confirmationMessage(taskSid, 2), unchanged, [])).toBeUndefined();
  });

  it('waits twice as long for each repair in a row, as far as SQS can delay a message', () => {
    const waits = [0, 1, 2, 10].map((streak) => firstConfirmation(streak)?.delaySeconds);
    expect(waits).toEqual([20, 40, 80, 900]);
    const message = firstConfirmation(2)?.message;
    expect(message && nextFollowUp(message, unchanged, delays)?.delaySeconds).toBe(280);
  });
});

describe('a recheck', () => {
  const exclusive = ticketChange(7, {}, { exclusive: true });
  const rechecks = (message: typeof exclusive, outcome: Outcome['outcome'], tries = 1) => {
    const result = {
      outcome: { outcome } as Outcome,
      disposition: { action: 'acknowledge' } as const,
    };
    return rechecksFor(new Map([[{ ...deliveryOf(message), tries }, result]]), options);
  };
  const first = { ...exclusive, meta: { ...exclusive.meta, recheckRound: 1 } };
  const last = { ...exclusive, meta: { ...exclusive.meta, recheckRound: 2 } };

  it('follows an exclusive change that was applied, or may have been by an earlier try', () => {
    expect(rechecks(exclusive, 'linked')).toMatchObject([{ message: first, delaySeconds: 20 }]);
    expect(rechecks(exclusive, 'removed')).toHaveLength(1);
    expect(rechecks(exclusive, 'unchanged', 2)).toHaveLength(1);
  });

  it('follows no change that is not exclusive, changed nothing, or is a recheck', () => {
    expect(rechecks(ticketChange(7, {}), 'linked')).toEqual([]);
    expect(rechecks(exclusive, 'unchanged')).toEqual([]);
    expect(rechecks(first, 'linked')).toEqual([]);
  });

  it('is followed by the next one, for any outcome, until the last', () => {
    expect(nextFollowUp(first, { outcome: 'linked' }, delays)).toEqual({
      message: last,
      delaySeconds: 70,
    });
    expect(nextFollowUp(last, unchanged, delays)).toBeUndefined();
  });
});

it('a reconcile after an event and a change have no follow-up of their own', () => {
  expect(nextFollowUp(reconcileMessage(taskSid), unchanged, delays)).toBeUndefined();
  expect(nextFollowUp(ticketChange(7, {}), unchanged, delays)).toBeUndefined();
});
