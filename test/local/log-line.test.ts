import { describe, expect, it } from 'vitest';
import { formatLogLine } from '../../local/start/log-line.ts';

const at = new Date(2026, 0, 2, 3, 4, 5);
const line = (
  from: 'sync' | 'crm-change' | 'task-event' | 'event-source',
  logged: object | string,
) =>
  formatLogLine({ from, text: typeof logged === 'string' ? logged : JSON.stringify(logged) }, at);

describe('an outcome line', () => {
  it('shows the outcome of a webhook', () => {
    const logged = {
      level: 'INFO',
      message: 'crm-change accepted',
      source: 'zendesk',
      outcome: 'accepted',
      status: 202,
      tickets: ['zendesk/1', 'zendesk/2'],
    };
    expect(line('crm-change', logged)).toBe(
      '03:04:05  crm-change    accepted  202  zendesk  zendesk/1  zendesk/2',
    );
  });

  it('names the Tasks for which an event of TaskRouter queued a message', () => {
    const logged = {
      level: 'INFO',
      message: 'task-event accepted',
      outcome: 'accepted',
      status: 204,
      reconciles: 1,
      tasks: ['WT1'],
    };
    expect(line('task-event', logged)).toBe('03:04:05  task-event    accepted  204  WT1');
  });

  it('shows why a Task was reconciled', () => {
    const logged = {
      level: 'INFO',
      message: 'outcome',
      outcome: 'reconciled',
      reconcile: 'confirmation 1',
      taskSid: 'WT1',
      disposition: 'acknowledge',
      twilioCalls: 3,
    };
    expect(line('sync', logged)).toBe(
      '03:04:05  sync          reconciled  reconcile by confirmation 1  WT1  3 calls',
    );
  });

  it('shows the outcome of a message, and what is done with it', () => {
    const logged = {
      level: 'WARN',
      message: 'outcome',
      ticket: 'zendesk/1',
      taskSid: 'WT1',
      outcome: 'retry',
      reason: 'taskrouter-unavailable',
      detail: 'HTTP 503',
      disposition: 'retry-later',
      tries: 2,
      twilioCalls: 1,
      lagMs: 1240,
    };
    expect(line('sync', logged)).toBe(
      '03:04:05  sync          retry  zendesk/1  WT1  taskrouter-unavailable  HTTP 503  ' +
        '-> retry-later  try 2  1 calls  1.2 s after the change',
    );
  });

  it('shows errors, and lines that are no JSON', () => {
    const error = { name: 'Error', message: 'no such secret', stack: 'at …' };
    expect(line('sync', { level: 'ERROR', message: 'cannot start', error })).toBe(
      '03:04:05  sync          ERROR cannot start  Error: no such secret',
    );
    expect(line('event-source', 'a batch of 2 failed')).toBe(
      '03:04:05  event-source  a batch of 2 failed',
    );
  });

  it('is not made of metrics', () => {
    expect(line('sync', { _aws: { Timestamp: 1 }, Linked: 1 })).toBeUndefined();
  });

  it('is one line, for any log entry', () => {
    expect(line('sync', { level: 'ERROR', message: 'one\ntwo', detail: 'three\r\nfour' })).toBe(
      '03:04:05  sync          ERROR one two  three four',
    );
  });
});
