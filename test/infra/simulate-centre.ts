import { publishMetrics } from '../../lambdas/sync/metrics.ts';
import type { TicketChange } from '../../shared/messages/ticket-change.ts';
import { decideDisposition } from '../../shared/sync/disposition.ts';
import type { Delivery, Outcome } from '../../shared/sync/types.ts';
import type { MetricData } from '../../tools/evaluate-alarm.ts';
import { batchResult, deliveryOf, now as start, ticketChange } from '../sync/messages.ts';
import { visit } from './emitted-metrics.ts';

/** Messages that reach the sync at random times, so many an hour, or all in one minute of each hour. */
interface Traffic {
  perHour: number;
  inBursts?: true;
  correlation: TicketChange['correlation'];
  outcome: (minute: number) => Outcome;
}

export interface Centre {
  minutes: number;
  /** Conversations an hour, with five events each. */
  conversationsPerHour: number;
  /** Whether Twilio sends events at that time. */
  sendsEvents?: (minute: number) => boolean;
  traffic: readonly Traffic[];
}

/** The metrics that the sync publishes for the messages of a centre, by its own retries, waits and counts. */
export const simulateCentre = (centre: Centre, random: () => number): MetricData => {
  const data = new Map<string, number[][]>();
  const record = (name: string, minute: number, value: number) => {
    const values = data.get(name) ?? Array.from({ length: centre.minutes }, () => []);
    data.set(name, values);
    values[Math.floor(minute)]?.push(value);
  };

  const times = (perHour: number, inBursts = false): number[] =>
    Array.from({ length: Math.round((perHour * centre.minutes) / 60) }, () => {
      const minute = random() * centre.minutes;
      return inBursts ? Math.floor(minute / 60) * 60 + random() : minute;
    });

  for (const minute of times(5 * centre.conversationsPerHour)) {
    if (centre.sendsEvents?.(minute) ?? true) record('Events', minute, 1);
  }

  /** Tries a delivery, and then its copies and retries until it has come to an end. */
  const process = (traffic: Traffic, delivery: Delivery, now: number): void => {
    const minute = (now - start) / 60_000;
    if (minute >= centre.minutes) return;
    const outcome = traffic.outcome(minute);
    const circumstances = { now, random: random(), confirmAfterSeconds: [] };
    const disposition = decideDisposition(outcome, delivery, circumstances);
    const metrics = {
      addMetric: (name: string, _unit: string, value: number) => record(name, minute, value),
      publishStoredMetrics: () => {},
    };
    const updates = outcome.outcome === 'linked' ? [visit] : [];
    publishMetrics(metrics, batchResult([[delivery, { outcome, disposition }]], updates), now);
    const { action, ...rest } = disposition;
    if (action !== 'requeue' && action !== 'retry-later') return;
    const next = now + 1000 * Number(Object.values(rest).find((each) => typeof each === 'number'));
    const { tries, firstTriedAt } =
      action === 'requeue' ? { tries: 0, firstTriedAt: next } : delivery;
    process(traffic, { ...delivery, tries: tries + 1, firstTriedAt }, next);
  };

  for (const traffic of centre.traffic) {
    for (const minute of times(traffic.perHour, traffic.inBursts)) {
      const at = start + minute * 60_000;
      const message = ticketChange(1, traffic.correlation, { occurredAt: at }, { receivedAt: at });
      process(traffic, { ...deliveryOf(message), firstTriedAt: at }, at);
    }
  }
  return data;
};
