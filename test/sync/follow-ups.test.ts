import { describe, expect, it } from 'vitest';
import type { Message } from '../../shared/messages/message.ts';
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

  it('holds what was written, and is of the last round if events tell of other writes', () => {
    const tickets = [{ ticket: 'zendesk/7', version: '1', placed: true }];
    const record = deliveryOf(ticketChange(7, {}));
    const update = { taskSid, repairStreak: 0, outcomes: new Map([[record, unchanged]]) };
    const of = (taskEvents: boolean, finishing: boolean) => {
      const written = { ...update, tickets, progress: { ...progress, finishing } };
      return confirmationsFor([written], { ...options, taskEvents }, 7);
    };
    const meta = { receivedAt: 7, taskSid, occurredAt: 7, confirmationRound: 1, repairStreak: 0 };
    const message = { v: 1, kind: 'reconcile', meta, change: { tickets } };
    const last = { ...message, meta: { ...meta, confirmationRound: 2 } };
    const finishing = { ...message, meta: { ...meta, finishing: true } };
    expect(of(false, false)).toEqual([{ message, delaySeconds: 20, madeFrom: [record] }]);
    expect(of(true, false)).toEqual([{ message: last, delaySeconds: 90, madeFrom: [record] }]);
    for (const taskEvents of [false, true]) {
      expect(of(taskEvents, true)).toMatchObject([{ message: finishing, delaySeconds: 20 }]);
    }
    expect(confirmationsFor([{ ...update, progress }], options, 7)).toEqual([]);
    const never = { ...options, confirmAfterSeconds: [] };
    expect(confirmationsFor([{ ...update, progress, tickets }], never, 7)).toEqual([]);
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
  const rechecks = (
    message: Message | undefined,
    outcome: Outcome['outcome'],
    tries = 1,
    more = {},
  ) => {
    const result = {
      outcome: { outcome } as Outcome,
      disposition: { action: 'acknowledge' } as const,
    };
    const record = message ? deliveryOf(message) : { ...deliveryOf(), message, detail: '' };
    return rechecksFor(new Map([[{ ...record, tries }, result]]), { ...options, ...more });
  };
  const first = { ...exclusive, meta: { ...exclusive.meta, recheckRound: 1 } };
  const last = { ...exclusive, meta: { ...exclusive.meta, recheckRound: 2 } };

  it('follows an exclusive change that was applied, or may have been by an earlier try', () => {
    const madeFrom = [{ message: exclusive }];
    const recheck = { message: first, delaySeconds: 20, madeFrom };
    expect(rechecks(exclusive, 'linked')).toMatchObject([recheck]);
    const finishing = { ...exclusive, meta: { ...exclusive.meta, finishing: true as const } };
    const withEvents = { taskEvents: true };
    expect(rechecks(exclusive, 'linked', 1, withEvents)).toMatchObject([{ delaySeconds: 90 }]);
    expect(rechecks(finishing, 'linked', 1, withEvents)).toMatchObject([{ delaySeconds: 20 }]);
    expect(rechecks(exclusive, 'removed')).toHaveLength(1);
    expect(rechecks(exclusive, 'unchanged', 2)).toHaveLength(1);
  });

  it('follows no change that is not exclusive, changed nothing, or is a recheck', () => {
    expect(rechecks(ticketChange(7, {}), 'linked')).toEqual([]);
    expect(rechecks(exclusive, 'unchanged')).toEqual([]);
    expect(rechecks(exclusive, 'stale', 2)).toEqual([]);
    expect(rechecks(first, 'linked')).toEqual([]);
    expect(rechecks(reconcileMessage(taskSid), 'linked')).toEqual([]);
    expect(rechecks(undefined, 'linked')).toEqual([]);
    expect(rechecks(exclusive, 'linked', 1, { confirmAfterSeconds: [] })).toEqual([]);
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
