import { expect, it } from 'vitest';
import { Alarms } from '../../infra/components/alarms.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import { retryCeilingsSeconds } from '../../shared/config/retry-policy.ts';
import type { Outcome } from '../../shared/sync/types.ts';
import { allOf, recordResources } from '../../tools/engine/record-resources.ts';
import { evaluateAlarm } from '../../tools/evaluate-alarm.ts';
import { monitoredResources } from './monitored-resources.ts';
import { type Centre, simulateCentre } from './simulate-centre.ts';

const linked: Outcome = { outcome: 'linked' };
const unmatched: Outcome = { outcome: 'unmatched' };
const waiting: Outcome = { outcome: 'waiting' };
const crashed: Outcome = { outcome: 'retry', reason: 'crashed', detail: 'TypeError' };
const unavailable = { outcome: 'retry', reason: 'taskrouter-unavailable' } as const;
const circuitOpen: Outcome = { ...unavailable, detail: 'circuit open', retryAfterMs: 15_000 };
const tooMany: Outcome = { ...unavailable, detail: 'HTTP 429', retryAfterMs: 5000 };

/** What breaks does so after two hours, and works again after seven. */
const [breaks, works, minutes] = [120, 420, 540];
const isBroken = (minute: number): boolean => minute >= breaks && minute < works;

const sid = { callSid: `CA${'0'.repeat(32)}` };
const tickets = (perHour: number, failure: Outcome = linked, fails = isBroken) => ({
  perHour,
  correlation: sid,
  outcome: (minute: number) => (fails(minute) ? failure : linked),
});
/** Tickets whose conversations ended days ago: agents edit them, and the CRM closes them every hour. */
const oldTickets = (perHour: number) => ({ perHour, correlation: sid, outcome: () => unmatched });
const closedTickets = (perHour: number) => ({ ...oldTickets(perHour), inBursts: true as const });

const centre = (conversationsPerHour: number, ...traffic: Centre['traffic']): Centre => ({
  minutes,
  conversationsPerHour,
  traffic,
});

const seeds = Array.from({ length: 8 }, (_, index) => index + 1);

const recording = await recordResources(() => {
  const { key, parts } = monitoredResources();
  new Alarms('watch', { ...parts, key, webhookSources: [] });
});

/** When the alarms of these hours start and end, in minutes, and when a message failed first. */
const run = (simulated: Centre, seed: number) => {
  const data = simulateCentre(simulated, seededRandom(seed));
  const watched = /^watch-(nothing-linked|tickets-unmatched.*|task-events-stopped)$/;
  const alarms = allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm')
    .filter(({ name }) => watched.test(name))
    .map(
      ({ name, inputs }) =>
        [name.replace('watch-', ''), evaluateAlarm(inputs, data, simulated.minutes)] as const,
    );
  expect(alarms).toHaveLength(4);
  const firstFailure = data.get('Retry')?.findIndex((values) => values.length > 0) ?? breaks;
  return { firstFailure, started: alarms.filter(([, { starts }]) => starts.length > 0) };
};

const failsFor3Minutes = (minute: number) => minute % 60 < 3;
const failsOneInThree = (minute: number) => Math.floor(minute * 60) % 3 === 0;
const quiet: Readonly<Record<string, Centre>> = {
  'nothing happens': centre(0),
  'the CRM closes old tickets in a quiet night': centre(1, tickets(0.5), closedTickets(200)),
  'agents of a small centre edit old tickets': centre(8, tickets(2), oldTickets(15)),
  'few conversations of a busy centre have a ticket': centre(150, tickets(45), closedTickets(200)),
  'one try in three fails': centre(30, tickets(30, crashed, failsOneInThree)),
  'three minutes of each hour fail': centre(8, tickets(8, circuitOpen, failsFor3Minutes)),
  'some tickets of many always fail': centre(
    60,
    tickets(60),
    tickets(0.5, crashed, () => true),
  ),
  'most tickets come by e-mail': centre(10, tickets(4), { ...oldTickets(100), correlation: {} }),
  'tickets wait for an agent': centre(2, { ...oldTickets(2), outcome: () => waiting }),
};

it.each(Object.entries(quiet))('no alarm starts if %s', (_, simulated) => {
  for (const seed of seeds) expect(run(simulated, seed).started, `seed ${seed}`).toEqual([]);
});

/** A try that fails within four minutes may be followed by a wait of so many minutes. */
const longestWait = Math.max(...retryCeilingsSeconds.slice(0, 10)) / 60;
const nothingLinked = ['nothing-linked', Math.max(10, 5 + longestWait)] as const;
const sendsEvents = (minute: number) => !isBroken(minute);
const noEvents = { ...centre(20, tickets(20)), sendsEvents };

it.each<readonly [string, alarm: string, within: number, Centre]>([
  ['an outage, busy', ...nothingLinked, centre(100, tickets(80, circuitOpen))],
  ['an outage, small', ...nothingLinked, centre(4, tickets(4, circuitOpen))],
  ['a bad deployment, busy', ...nothingLinked, centre(100, tickets(80, crashed))],
  ['a bad deployment, small', ...nothingLinked, centre(4, tickets(4, crashed))],
  ['a storm of 429, busy', ...nothingLinked, centre(100, tickets(80, tooMany))],
  ['a storm of 429, small', ...nothingLinked, centre(4, tickets(4, tooMany))],
  ['the wrong SID, small', 'tickets-unmatched-4h', 241, centre(8, tickets(12, unmatched))],
  ['no events come', 'task-events-stopped', 31, noEvents],
])('%s: %s alone starts, once, within %i minutes of the first failure, and ends', (...given) => {
  const [, wanted, within, simulated] = given;
  for (const seed of seeds) {
    const { firstFailure, started } = run(simulated, seed);
    const [[alarm, { starts, ends }] = ['none', { starts: [], ends: [] }]] = started;
    expect([alarm, started.length, starts.length, ends.length]).toEqual([wanted, 1, 1, 1]);
    expect(Number(starts[0]) - firstFailure, `seed ${seed}`).toBeLessThanOrEqual(within);
    expect(Number(ends[0])).toBeGreaterThan(works);
    // The first write may be that of a new ticket.
    expect(Number(ends[0])).toBeLessThan(works + 60);
  }
});

it('tickets-unmatched starts within ten minutes if a busy centre sends the wrong SID', () => {
  const wrong = { ...centre(200, tickets(240, unmatched)), minutes: breaks + 120 };
  for (const seed of seeds) {
    const started = run(wrong, seed).started.map(([alarm, { starts }]) => [alarm, ...starts]);
    expect(started).toEqual([['tickets-unmatched', breaks + 10]]);
  }
});
