import { describe, expect, it } from 'vitest';
import { lagsOf } from '../../lambdas/sync/metrics.ts';
import { changeSince, deliveryOf, now, reconcileMessage } from './messages.ts';

const linked = { outcome: 'linked' } as const;

describe('the lag of a change', () => {
  it('is measured from the change in the CRM and from when we accepted it', () => {
    const message = changeSince(5, { occurredAt: now - 60_000 });
    expect(lagsOf(deliveryOf(message), linked, now)).toEqual({
      LinkLag: 60_000,
      ProcessingLag: 5_000,
    });
  });

  it('includes all tries, because the message stays the same', () => {
    const delivery = { ...deliveryOf(changeSince(3600)), tries: 9 };
    expect(lagsOf(delivery, linked, now)).toEqual({ LinkLag: 3_600_000, ProcessingLag: 3_600_000 });
  });

  it('is measured from the change in the CRM if its Task is gone', () => {
    const message = changeSince(5, { occurredAt: now - 60_000 });
    const expired = { outcome: 'expired' } as const;
    expect(lagsOf(deliveryOf(message), expired, now)).toEqual({ ExpiredLag: 60_000 });
  });

  it('is never negative, for any clock of the CRM', () => {
    const message = changeSince(0, { occurredAt: now + 60_000 });
    expect(lagsOf(deliveryOf(message), linked, now)).toEqual({ LinkLag: 0, ProcessingLag: 0 });
  });

  it.each([
    [
      'a change that waited for an agent: its copy was sent later',
      deliveryOf(changeSince(600), 90),
    ],
    ['a recheck', deliveryOf(changeSince(20, {}, { recheckRound: 1 }))],
    ['a reconcile', deliveryOf(reconcileMessage('WT', { receivedAt: now }))],
  ])('is not measured for %s', (_, delivery) => {
    for (const outcome of ['linked', 'expired'] as const) {
      expect(lagsOf(delivery, { outcome }, now)).toEqual({});
    }
  });

  it('is measured only for a change that reached a Task', () => {
    for (const outcome of ['waiting', 'unmatched', 'unchanged', 'stale', 'removed'] as const) {
      expect(lagsOf(deliveryOf(), { outcome }, now)).toEqual({});
    }
  });
});
