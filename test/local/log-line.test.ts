import { describe, expect, it } from 'vitest';
import { formatLogLine } from '../../local/start/run.ts';

const at = new Date(2026, 0, 2, 3, 4, 5);
const line = (
  from: 'sync' | 'crm-change' | 'task-event' | 'event-source',
  logged: object | string,
) =>
  formatLogLine({ from, text: typeof logged === 'string' ? logged : JSON.stringify(logged) }, at);

const accepted = { level: 'INFO', message: 'accepted', outcome: 'accepted' };
const outcome = { level: 'INFO', message: 'outcome', taskSid: 'WT1' };

describe('a line of the log', () => {
  it.each<[Parameters<typeof line>[0], object | string, string]>([
    [
      'crm-change',
      { ...accepted, source: 'zendesk', status: 202, tickets: ['zendesk/1', 'zendesk/2'] },
      'crm-change    accepted  202  zendesk  zendesk/1  zendesk/2',
    ],
    [
      'task-event',
      { ...accepted, status: 204, reconciles: 1, tasks: ['WT1'] },
      'task-event    accepted  204  WT1',
    ],
    [
      'sync',
      { ...outcome, outcome: 'reconciled', reconcile: 'confirmation 1', twilioCalls: 3 },
      'sync          reconciled  reconcile by confirmation 1  WT1  3 calls',
    ],
    [
      'sync',
      {
        ...{ ...outcome, level: 'WARN', ticket: 'zendesk/1', outcome: 'retry', tries: 2 },
        ...{ reason: 'taskrouter-unavailable', detail: 'HTTP 503', disposition: 'retry-later' },
        ...{ twilioCalls: 1, lagMs: 1240 },
      },
      'sync          retry  zendesk/1  WT1  taskrouter-unavailable  HTTP 503  ' +
        '-> retry-later  try 2  1 call  1.2 s after the change',
    ],
    [
      'sync',
      { level: 'WARN', message: 'records are retried', retries: { conflict: 2 } },
      'sync          WARN records are retried  2 conflict',
    ],
    [
      'sync',
      { level: 'WARN', message: 'circuit breaker open', circuit: 'Tasks', openSeconds: 8 },
      'sync          WARN circuit breaker open  Tasks  for 8 s',
    ],
    [
      'sync',
      { level: 'ERROR', message: 'cannot start', error: { name: 'Error', message: 'no secret' } },
      'sync          ERROR cannot start  Error: no secret',
    ],
    [
      'sync',
      { level: 'ERROR', message: 'one\ntwo', detail: 'three\r\nfour' },
      'sync          ERROR one two  three four',
    ],
    ['event-source', 'a batch of 2 failed', 'event-source  a batch of 2 failed'],
  ])('of %s is short: %j', (from, logged, text) => {
    expect(line(from, logged)).toBe(`03:04:05  ${text}`);
  });

  it('is not made of metrics', () => {
    expect(line('sync', { _aws: { Timestamp: 1 }, Linked: 1 })).toBeUndefined();
  });
});
