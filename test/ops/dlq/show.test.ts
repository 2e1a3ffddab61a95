import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readDeadLetter } from '../../../ops/dlq/dead-letter.ts';
import { findDeadLetter } from '../../../ops/dlq/read.ts';
import { account } from '../../local/taskrouter/client.ts';
import { ticketChange } from '../../sync/messages.ts';
import { startSyncHarness } from '../../sync/sync-harness.ts';
import { commandRunner, failure } from '../command-line.ts';
import { type TestDeadLetter, taskSid } from './dead-letters.ts';
import { startDlqHarness } from './dlq-harness.ts';

const Listed = z.object({
  deadLetters: z.array(z.object({ id: z.string(), ticket: z.string().optional() })),
});

/** Starts a TaskRouter emulator with Tasks, and queues with dead letters about them. */
const harness = async (change: object = {}) => {
  const tasks = await startSyncHarness();
  const dlq = await startDlqHarness({ taskrouter: tasks.emulator.url, ...account, ...change });
  const idOf = async (ticket?: string): Promise<string> => {
    const { stdout } = await dlq.ops('dlq', 'list', '--json', '--each');
    const { deadLetters } = Listed.parse(JSON.parse(stdout));
    return deadLetters.find((deadLetter) => deadLetter.ticket === ticket)?.id ?? '';
  };
  return { ...dlq, tasks, idOf };
};

describe('dlq show', () => {
  it.each([
    ['linked', 'sync would write its link'],
    ['unchanged', 'sync would write nothing'],
    ['stale', 'newer version'],
    ['expired', 'no longer exists'],
    ['waiting', 'no agent has accepted'],
    ['unmatched', 'no Task matches'],
  ])('simulates the outcome %s, and writes nothing', async (outcome, text) => {
    const { sendDeadLetters, ops, tasks, idOf, receiveDeadLetters } = await harness();
    const accepted = outcome !== 'waiting';
    const named = { note: 'private note', zd_ticket_id: '7' };
    const isNamed = outcome === 'linked';
    const task = await tasks.createTask(isNamed ? named : { note: 'private note' }, { accepted });
    const attribute = { name: 'zd_ticket_id', value: '7' };
    const change = (version: string) =>
      ticketChange(7, isNamed ? { attribute } : { taskSid: task }, { version });
    if (outcome === 'unchanged' || outcome === 'stale') {
      const version = outcome === 'stale' ? '6' : '5';
      await tasks.send([change(version)]);
      await tasks.run(await tasks.receive());
    }
    const deadLetters: Record<string, TestDeadLetter['body']> = {
      expired: ticketChange(7, { taskSid: `WT${'0'.repeat(32)}` }),
      unmatched: ticketChange(7, { attribute: { name: 'zd_ticket_id', value: 'none' } }),
    };
    await sendDeadLetters([
      { body: deadLetters[outcome] ?? change('5'), reason: 'taskrouter-unavailable' },
    ]);
    const before = await tasks.fetchTask(task);
    const id = await idOf('zendesk/7');
    const { code, stdout, stderr } = await ops('dlq', 'show', id.slice(0, 8));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(text);
    expect(stdout).toContain(id);
    expect(stdout).toContain('TaskRouter was unavailable');
    expect(stdout).not.toContain('private note');
    const { stdout: json } = await ops('dlq', 'show', id, '--json');
    const ifReplayed = { outcome: { outcome } };
    expect(JSON.parse(json)).toMatchObject({ id, ticket: 'zendesk/7', ifReplayed });
    expect(await tasks.fetchTask(task)).toEqual(before);
    expect(await receiveDeadLetters()).toHaveLength(1);
  });

  it('shows an unreadable message without its content', async () => {
    const { sendDeadLetters, ops, idOf } = await harness();
    await sendDeadLetters([
      { body: '{"patient": "Ada Lovelace"}', reason: 'invalid-message', tries: 1 },
    ]);
    const { code, stdout } = await ops('dlq', 'show', await idOf());
    expect(code).toBe(0);
    expect(stdout).toContain('The message is unreadable');
    expect(stdout).not.toContain('Lovelace');
  });

  it('shows the message even if TaskRouter is unavailable', async () => {
    const { sendDeadLetters, ops, idOf, tasks } = await harness();
    await sendDeadLetters([{ body: ticketChange(7, { taskSid }), reason: 'crashed' }]);
    const id = await idOf('zendesk/7');
    await tasks.settings({ outage: true });
    const { code, stdout } = await ops('dlq', 'show', id);
    expect(code).toBe(0);
    expect(stdout).toContain('sync would retry the message (taskrouter-unavailable: HTTP 503)');
  });

  it('does not show the operator’s own rejected API key as an outcome of sync', async () => {
    const { sendDeadLetters, ops, idOf } = await harness({ apiSecret: 'another' });
    await sendDeadLetters([{ body: ticketChange(7, { taskSid }), reason: 'crashed' }]);
    const id = await idOf('zendesk/7');
    const rejected = expect.stringContaining('Twilio rejects your API key');
    expect(await ops('dlq', 'show', id)).toMatchObject({ code: 0, stdout: rejected });
    const { code, stdout } = await ops('dlq', 'show', id, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id, ifReplayed: { unknown: rejected } });
  });

  it('exits with 5 after Ctrl-C', async () => {
    const { sendDeadLetters, root, idOf } = await harness();
    await sendDeadLetters([{ body: ticketChange(7, {}), reason: 'crashed' }]);
    const id = await idOf('zendesk/7');
    const ops = commandRunner(root, {}, { stopSignal: () => AbortSignal.abort() });
    expect(await ops('dlq', 'show', id)).toEqual({ code: 5, stdout: '', stderr: '' });
  });

  it('says so if no dead letter has the id', async () => {
    const { sendDeadLetters, ops } = await harness();
    await sendDeadLetters([{ body: ticketChange(7, {}), reason: 'crashed' }]);
    const said = failure(
      'No dead letter has an id that starts with 0000',
      'dlq list --local --each',
    );
    expect(await ops('dlq', 'show', '0000')).toMatchObject(said);
  });

  it('says so if more than one has the id', async () => {
    const found = ['1f3a-1', '1f3a-2'].map((MessageId) => readDeadLetter({ MessageId }));
    const scan = { next: async () => found.splice(0) };
    const queue = { name: 'dead-letters', one: 'dead letter', many: 'dead letters' } as const;
    const { signal } = new AbortController();
    await expect(findDeadLetter(scan, queue, '1f3a', '--local', signal)).rejects.toMatchObject({
      message: '2 dead letters have ids that start with 1f3a.',
      next: 'Give more characters of the id.',
    });
  });
});
