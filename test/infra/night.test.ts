import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { Alarms } from '../../infra/components/alarms.ts';
import { seededRandom } from '../../local/taskrouter/settings.ts';
import type { Outcome } from '../../shared/sync/types.ts';
import { createBreakerState } from '../../shared/taskrouter/circuit-breaker.ts';
import { allOf, type Recording, recordResources } from '../../tools/engine/record-resources.ts';
import { evaluateAlarm, type MetricData } from '../../tools/evaluate-alarm.ts';
import { monitoredResources } from './monitored-resources.ts';
import { simulateCentre } from './simulate-centre.ts';

/** When each failure begins, in minutes. */
const breaks = 400;

const [hour, day] = [60, 24 * 60];

type Data = (minutes: number) => MetricData;
type Series = (minute: number) => readonly number[];

const none: Series = () => [];

/** A metric by the minutes since the failure began, and before it. */
const metric =
  (name: string, after: Series, before = none): Data =>
  (minutes) => {
    const at = (minute: number) => (minute < breaks ? before(minute) : after(minute - breaks));
    return new Map([[name, Array.from({ length: minutes }, (_, minute) => at(minute))]]);
  };

const always = (value: number) => () => [value];
const every = (apart: number, value: number) => (minute: number) =>
  minute % apart === 0 ? [value] : [];
/** 1 for a rejected request, 0 for an accepted one, so many minutes apart. */
const rejected = (apart: number) => metric('ClientErrors', every(apart, 1), every(apart, 0));
const getsOlder = metric('ApproximateAgeOfOldestMessage', (minute) => [minute * 60]);
const unavailable: Data = (minutes) => {
  const [failed = []] = metric('5xx', always(1))(minutes).values();
  return new Map([
    ['5xx', failed],
    ['Count', failed],
  ]);
};
const dead = (...minutes: readonly number[]) =>
  metric('DeadLettered-unauthorized', (minute) => (minutes.includes(minute) ? [1] : []));

/** A circuit breaker while TaskRouter answers nobody and a message is tried each second. */
const breakerOpens: Series = (minute) => {
  let second = 0;
  const breaker = createBreakerState({ now: () => second * 1000, random: () => 0.5 });
  const opened: number[] = [];
  for (; second < (minute + 1) * 60; second += 1) {
    const { admits } = breaker.admit();
    const fails = admits === 'all' || admits === 'probe';
    if (fails && breaker.recordFailure(admits === 'probe')) opened.push(second);
  }
  return [opened.filter((at) => at >= minute * 60).length];
};

const linked: Outcome = { outcome: 'linked' };
const unmatched: Outcome = { outcome: 'unmatched' };
const crashed: Outcome = { outcome: 'retry', reason: 'crashed', detail: 'TypeError' };
const unauthorized: Outcome = { ...crashed, reason: 'unauthorized' };
const tooMany: Outcome = { ...crashed, reason: 'taskrouter-unavailable', retryAfterMs: 5000 };

const correlation = { callSid: `CA${'0'.repeat(32)}` };

/** A centre whose tickets have this outcome from then on. */
const centre =
  (perHour: number, failure: Outcome, events = (_: number) => true): Data =>
  (minutes) => {
    const outcome = (minute: number) => (minute < breaks ? linked : failure);
    const traffic = [{ perHour, correlation, outcome }];
    const simulated = { minutes, conversationsPerHour: perHour, sendsEvents: events, traffic };
    return simulateCentre(simulated, seededRandom(perHour));
  };

/** One message always throws. */
const poison: Data = (minutes) => {
  const traffic = [{ perHour: hour / minutes, correlation, outcome: () => crashed }];
  return simulateCentre({ minutes, conversationsPerHour: 0, traffic }, () => breaks / minutes);
};

/** What went wrong, the alarm that begins, and within how many minutes of the first failure. */
const night: readonly (readonly [string, alarm: string, within: number, Data])[] = [
  ['the secret of a CRM is changed', 'webhook-4xx-zendesk', 30, rejected(5)],
  ['that of a small CRM', 'webhook-none-accepted-zendesk', 6 * hour, rejected(90)],
  ['the Twilio key is revoked', 'twilio-unauthorized', 2, centre(60, unauthorized)],
  ['Twilio is slow', 'taskrouter-circuit-open', 4, metric('CircuitOpened', breakerOpens)],
  ['Twilio answers 429 to all', 'nothing-linked', 10, centre(60, tooMany)],
  ['Lambda throttles a function', 'lambda-throttles', 15, metric('Throttles', always(3))],
  ['one message always throws', 'dead-letters-crashed', 6.5 * hour + 5, poison],
  ['a message ends the process', 'sync-errors', 5, metric('Errors', always(1))],
  ['a bad deployment', 'nothing-linked', 10, centre(60, crashed)],
  ['a bad deployment, small centre', 'nothing-linked', 10, centre(4, crashed)],
  ['the key of the stack is disabled: no webhook is taken', 'webhook-5xx', 5, unavailable],
  ['functions get no secret', 'crm-change-errors', 5, metric('Errors', always(1))],
  ['no Twilio events', 'task-events-stopped', 31, centre(60, linked, (minute) => minute < breaks)],
  ['the clock of a CRM is wrong', 'webhook-4xx-zendesk', 30, rejected(5)],
  ['the first dead letter', 'dead-letters-unauthorized', 1, dead(0)],
  ['a wrong SID, busy centre', 'tickets-unmatched', 10, centre(240, unmatched)],
  ['a wrong SID, small centre', 'tickets-unmatched-4h', 4 * hour + 1, centre(10, unmatched)],
  ['too many searches', 'link-lag-p99', 31, metric('ProcessingLag', always(90_000), always(2000))],
  ['the event source is off', 'queue-backlog', 21, getsOlder],
  ['a dead letter gets old', 'dead-letters-expiring', 11 * day + 1, getsOlder],
  ['somebody floods the API', 'webhook-throttled', 5, metric('Throttled', always(100))],
];

const runbook = readFileSync(join(repositoryRoot, 'docs/runbook.md'), 'utf8');

/** The sections of the runbook, by the anchors of their headings. */
const sections = new Map(
  runbook.split(/^#{2,} /m).map((section) => {
    const [heading = ''] = section.split('\n', 1);
    return [heading.toLowerCase().replaceAll(' ', '-'), section] as const;
  }),
);

/** The parts of the section of an alarm, in order. One that is like another says so in a line for several parts. */
const partsOf = (section = '') =>
  [...section.matchAll(/^\*\*([A-Z][\w ,]+?)[.:]?\*\*/gm)].flatMap(([, part = '']) =>
    part.toLowerCase().replace('supervisors ', '').split(', '),
  );

let recording: Recording;
beforeAll(async () => {
  recording = await recordResources(() => {
    const { key, parts } = monitoredResources();
    new Alarms('watch', { ...parts, key, webhookSources: ['zendesk'] });
  });
});

const alarmOf = (name: string) => {
  const alarms = allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm');
  const found = alarms.find((alarm) => alarm.name === `watch-${name}`);
  if (found === undefined) throw new Error(`there is no alarm ${name}`);
  return found.inputs;
};

it.each(night)('%s: %s begins within %i minutes, and the runbook has it', (...row) => {
  const [, name, within, data] = row;
  const minutes = breaks + within + 3 * hour;
  const metrics = data(minutes);
  const [first = Number.POSITIVE_INFINITY] = evaluateAlarm(alarmOf(name), metrics, minutes).starts;
  // Of a small centre, the first message may come long after the failure.
  const firstFailure = metrics.get('Retry')?.findIndex(({ length }) => length > 0) ?? breaks;
  expect(first).toBeGreaterThan(breaks);
  expect(first - firstFailure).toBeLessThanOrEqual(within);
  const [, id = ''] = /#(\S+)$/.exec(String(alarmOf(name)['alarmDescription'])) ?? [];
  expect(partsOf(sections.get(id))).toEqual(['what happened', 'see', 'check', 'do', 'afterwards']);
});

it('dead letters that come slowly: the alarm of their reason speaks again', () => {
  const minutes = breaks + 5 * hour;
  const data = dead(0, 30, 3 * hour)(minutes);
  const { starts } = evaluateAlarm(alarmOf('dead-letters-unauthorized'), data, minutes);
  expect(starts).toEqual([breaks + 1, breaks + 3 * hour + 1]);
});

it.each([
  ['a CRM stops sending', 'status', 'first-steps', 'a CRM sends nothing at all'],
  ['an EventBridge rule is disabled', 'doctor', 'first-steps', 'an EventBridge rule is disabled'],
  ['tickets without a SID match no Task', 'doctor', 'tickets-unmatched', 'changes without a SID'],
])('%s: no alarm can tell; the runbook says that %s does', (_, command, anchor, words) => {
  expect(sections.get(anchor)).toContain(words);
  expect(sections.get(anchor)).toContain(command);
});
