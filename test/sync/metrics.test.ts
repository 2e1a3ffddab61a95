import { describe, expect, it } from 'vitest';
import { logOutcomes } from '../../lambdas/sync/log-outcomes.ts';
import { lagsOf, publishMetrics } from '../../lambdas/sync/metrics.ts';
import { outcomeWithoutTask } from '../../shared/sync/outcome.ts';
import type { Delivery } from '../../shared/sync/types.ts';
import { batchResult, changeSince, deliveryOf, now, reconcileMessage } from './messages.ts';

describe('the lag of a change', () => {
  const changed = (seconds: number, inCrm: number) =>
    deliveryOf(changeSince(seconds, { occurredAt: now - inCrm * 1000 }));
  const hour = 3_600_000;
  const tried = { ...deliveryOf(changeSince(3600)), tries: 9 };

  it.each([
    ['from the CRM and us', changed(5, 60), 'linked', { LinkLag: 60_000, ProcessingLag: 5_000 }],
    ['over all tries', tried, 'linked', { LinkLag: hour, ProcessingLag: hour }],
    ['from the CRM if its Task is gone', changed(5, 60), 'expired', { ExpiredLag: 60_000 }],
    ['not below 0, for any clock', changed(0, -60), 'linked', { LinkLag: 0, ProcessingLag: 0 }],
  ] as const)('is measured %s', (_, delivery, outcome, lags) => {
    expect(lagsOf(delivery, { outcome }, now)).toEqual(lags);
  });

  it.each([
    ['a change that waited for an agent', deliveryOf(changeSince(600, {}, { found: true }), 90)],
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

describe('a message whose Task is not found', () => {
  const named = { correlation: { attribute: { name: 'zd_ticket_id', value: '1' } } };
  const called = { correlation: { callSid: `CA${'7'.repeat(32)}` } };
  type Since = Parameters<typeof changeSince>;
  const change = (...since: Since) => deliveryOf(changeSince(...since));
  const copy = (...since: Since) => deliveryOf(changeSince(...since), 20);
  const replayed = (delivery: Delivery): Delivery => {
    const mark = { dataType: 'String', stringValue: 'any' };
    const messageAttributes = { replay: mark, deadLetterId: mark };
    return { ...delivery, record: { ...delivery.record, messageAttributes } };
  };
  const event = (meta: { toLink?: true } = { toLink: true }) =>
    deliveryOf(reconcileMessage('WT', { receivedAt: now, occurredAt: now - 300_000, ...meta }));

  it.each<[string, Delivery, string, number?]>([
    ['no SID, in time', change(119, named), 'Unmatched'],
    ['no SID, late', change(120, named), 'Unmatched UnmatchedLate'],
    ['no SID, the first search was in time', copy(130, named), 'Unmatched'],
    ['a SID, in time', change(119, called), 'Unmatched UnmatchedWithSid'],
    ['a SID, late', change(120, called), 'Expired', 120_000],
    ['a SID, late, a copy', copy(150, called), 'Expired', 150_000],
    ['a SID, a replay', replayed(copy(999, called)), 'Expired'],
    ['it waited for an agent', copy(70, named, { found: true }), 'Expired'],
    ['a removal', change(999, { ...called, link: null }), 'Unmatched'],
    ['a recheck', change(999, called, { recheckRound: 1 }), ''],
    ['an event of a Task without its link', event(), 'Expired', 300_000],
    ['a replay of that', replayed(event()), 'Expired'],
    ['an event of a Task with its link', event({}), ''],
  ])('is counted by what is known of its conversation: %s', (_, delivery, names, lag) => {
    const disposition = { action: 'acknowledge' } as const;
    const isReconcile = delivery.message.kind === 'reconcile';
    const gone = { outcome: 'expired' } as const;
    const outcome = isReconcile ? gone : outcomeWithoutTask(delivery, now);
    const batch = batchResult([[delivery, { outcome, disposition }]]);
    const counts = new Map<string, number>();
    const addMetric = (name: string, _unit: string, value: number) => counts.set(name, value);
    publishMetrics({ addMetric, publishStoredMetrics: () => {} }, batch, now);
    expect(counts.get('ExpiredLag')).toBe(lag);
    const counted = [...counts.keys()].filter((name) => !/TwilioCalls|Written|Lag$/.test(name));
    expect(counted.toSorted().join(' ')).toBe(names);

    const late: unknown[] = [];
    const log = (_message: string, fields: Record<string, unknown>) => late.push(fields['late']);
    logOutcomes({ info: log, warn: log, error: log }, batch, now);
    expect(late).toEqual([names.includes('Late') ? true : undefined]);
  });
});
