import pc from 'picocolors';
import { expect, it } from 'vitest';
import { printStatus } from '../../ops/status/print.ts';
import { toTraceEvent } from '../../ops/why/events.ts';
import { printTrace } from '../../ops/why/print.ts';

const colors = pc.createColors(false);
const now = Date.UTC(2026, 10, 23, 9, 30);
const taskSid = `WT${'a'.repeat(32)}`;

/** A text for a terminal of 80 columns. */
const screen = (text: string) => {
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  return text;
};

it('status is one screen of 80 columns; what could not be read is left out, with the reason', () => {
  const status = {
    deployment: 'stack prod',
    at: now,
    eventSource: 'running' as const,
    queue: { ready: 3, inFlight: 12, retrying: 91, delayed: 4 },
    oldestSeconds: 4,
    lastHour: {
      bySource: [
        { source: 'zendesk', total: 1240, outcomes: { linked: 1149, retry: 72, unmatched: 19 } },
        { source: '(Tasks)', total: 12, outcomes: { reconciled: 12 } },
      ],
      retrying: { count: 91, since: now - 8_000_000 },
      lag: { p50: 1234, p99: 48_000, links: 1149 },
      openCircuits: [{ circuit: 'tasks', at: now - 14_000 }],
      hasMore: false,
    },
    deadLetters: {
      total: 278,
      byReason: { 'taskrouter-unavailable': 264, 'attributes-full': 14 },
      tickets: 66,
      read: 278,
    },
    eventDeadLetters: 1,
    alarms: { inAlarm: ['dead-letters', 'taskrouter-circuit-open'], total: 14 },
    notes: [],
  };
  expect(screen(printStatus(status, colors))).toMatchInlineSnapshot(`
    "stack prod                                               2026-11-23 09:30:00 UTC

    sync          running, circuit breaker open (tasks), last 14 s ago
    Queue         3 ready, 12 in flight, 91 waiting for a retry, 4 delayed
    Oldest        4 s in the queue, 2 h 13 min waiting for a retry
    Lag           p50 1.2 s, p99 48.0 s from webhook to link (1149 links)

    Last hour: changes by their latest outcome
      zendesk  1240  ███████████████████▒░   linked 1149, retry 72, unmatched 19
      (Tasks)    12  █                       reconciled 12
      █ done  ▒ still open  ░ no link

    Dead letters  278 about 66 tickets, 1 EventBridge event
      taskrouter-unavailable  264  ████████████████████
      attributes-full          14  █
    Alarms        2 of 14 in ALARM: dead-letters, taskrouter-circuit-open
    "
  `);
  const notes = ['Reading the log group sync failed: AccessDeniedException.'];
  const unread = printStatus({ ...status, lastHour: undefined, notes }, colors);
  expect(screen(unread)).toContain(`! ${notes[0]}`);
  expect(unread).not.toContain('Lag');
});

it('why is a time line of 80 columns: when, what, and what is next; what repeats is one line', () => {
  const line = (seconds: number, fields: object, part: 'crm-change' | 'sync' = 'sync') => {
    const text = JSON.stringify({ ticket: 'zendesk/4711', taskSid, ...fields });
    const event = toTraceEvent(part, { id: `${seconds}`, at: now + seconds * 1000, text });
    return event === undefined ? [] : [event];
  };
  const reason = { reason: 'taskrouter-unavailable', detail: 'HTTP 503' };
  const retry = { outcome: 'retry', disposition: 'retry-later', ...reason };
  const accepted = line(0, { outcome: 'accepted', source: 'zendesk' }, 'crm-change');
  const retries = [1, 2, 3].flatMap((tries) => line(tries, { ...retry, tries }));
  const linked = line(60, { outcome: 'linked', disposition: 'requeue', tries: 4, lagMs: 61_200 });
  const checked = line(120, { ticket: [], outcome: 'unchanged', reconcile: 'confirmation 1' });
  const expired = line(9, { outcome: 'expired', disposition: 'acknowledge' });
  const tickets = [{ ticket: 'zendesk/4711', state: 'linked' as const }];
  const item = { kind: 'ticket' as const, value: 'zendesk/4711' };
  const since = now - 86_400_000;
  const trace = { item, since, tasks: [], deadLetters: [], paused: false, notes: [] };
  const printed = (change: Partial<Parameters<typeof printTrace>[0]>) =>
    screen(
      printTrace({ ...trace, events: [], ...change }, 'stack prod', now, colors, '--stack prod'),
    );
  expect(
    printed({
      events: [...accepted, ...retries, ...linked, ...checked],
      tasks: [{ sid: taskSid, status: 'assigned', tickets }],
    }),
  ).toMatchInlineSnapshot(`
    "zendesk/4711, stack prod, the last 24 h

    2026-11-23 UTC
      09:30:00  webhook     from zendesk: accepted and queued
      09:30:03  sync        tried again later, taskrouter-unavailable: HTTP 503, try
                            3 (3 times, this is the last)
      09:31:00  sync        linked on WTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, try 4,
                            61.2 s after the change
      09:32:00  sync        confirmation 1: up to date, nothing to write

    Now
      WTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (assigned): zendesk/4711 linked
      The link is on the Task.
      -> npm run ops -- explain WTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --stack prod
    "
  `);
  expect(printed({ events: accepted })).toContain('has not handled it yet');
  expect(printed({ events: retries, paused: true })).toContain('sync is paused');
  expect(printed({ events: expired })).toContain('Twilio had deleted its Task');
});
