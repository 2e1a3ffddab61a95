import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ticketChange } from '../../sync/messages.ts';
import { account, startSyncHarness } from '../../sync/sync-harness.ts';
import { commandRunner } from '../command-line.ts';
import { startDlqHarness, type TestDeadLetter } from './dlq-harness.ts';

const Listed = z.object({
  deadLetters: z.array(z.object({ id: z.string(), ticket: z.string().optional() })),
});

/** A TaskRouter with Tasks, and dead letters about them. */
const harness = async () => {
  const tasks = await startSyncHarness();
  const dlq = await startDlqHarness({ taskrouter: tasks.emulator.url, ...account });
  const idOf = async (ticket?: string): Promise<string> => {
    const { stdout } = await dlq.ops('dlq', 'list', '--json', '--each');
    const { deadLetters } = Listed.parse(JSON.parse(stdout));
    return deadLetters.find((deadLetter) => deadLetter.ticket === ticket)?.id ?? '';
  };
  return { ...dlq, tasks, idOf };
};

describe('dlq show', () => {
  it.each([
    ['linked', 'its link would be written'],
    ['unchanged', 'nothing would be written'],
    ['stale', 'newer version'],
    ['expired', 'gone'],
    ['waiting', 'no agent has accepted'],
    ['unmatched', 'no Task belongs'],
  ])('foresees that a message would be %s, and writes nothing', async (outcome, told) => {
    const { sendDeadLetters, ops, tasks, idOf, receiveDeadLetters } = await harness();
    const accepted = outcome !== 'waiting';
    const taskSid = await tasks.createTask({ note: 'private' }, { accepted });
    const change = (version: string) => ticketChange(7, { taskSid }, { version });
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
    const before = await tasks.fetchTask(taskSid);
    const id = await idOf('zendesk/7');
    const { code, stdout, stderr } = await ops('dlq', 'show', id.slice(0, 8));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(told);
    expect(stdout).toContain(id);
    expect(stdout).toContain('TaskRouter did not answer');
    expect(stdout).not.toContain('private');
    const { stdout: json } = await ops('dlq', 'show', id, '--json');
    expect(JSON.parse(json)).toMatchObject({
      id,
      ticket: 'zendesk/7',
      ifReplayed: { outcome: { outcome } },
    });
    expect(await tasks.fetchTask(taskSid)).toEqual(before);
    expect(await receiveDeadLetters()).toHaveLength(1);
  });

  it('shows one that cannot be read, without what it says', async () => {
    const { sendDeadLetters, ops, idOf } = await harness();
    await sendDeadLetters([{ body: '{"patient": "Ada"}', reason: 'invalid-message', tries: 1 }]);
    const { code, stdout } = await ops('dlq', 'show', await idOf());
    expect(code).toBe(0);
    expect(stdout).toContain('cannot be read');
    expect(stdout).not.toContain('Ada');
  });

  it('shows the message even where TaskRouter does not answer', async () => {
    const { sendDeadLetters, ops, idOf, tasks } = await harness();
    await sendDeadLetters([
      { body: ticketChange(7, { taskSid: `WT${'1'.repeat(32)}` }), reason: 'crashed' },
    ]);
    const id = await idOf('zendesk/7');
    await tasks.settings({ outage: true });
    const { code, stdout } = await ops('dlq', 'show', id);
    expect(code).toBe(0);
    expect(stdout).toContain('it would be tried again (taskrouter-unavailable: HTTP 503)');
  });

  it('does not take a refusal of the operator’s own key for one of the sync’s', async () => {
    const tasks = await startSyncHarness();
    const { sendDeadLetters, ops } = await startDlqHarness({ taskrouter: tasks.emulator.url });
    await sendDeadLetters([
      { body: ticketChange(7, { taskSid: `WT${'1'.repeat(32)}` }), reason: 'crashed' },
    ]);
    const { stdout } = await ops('dlq', 'list', '--json', '--each');
    const [{ id }] = Listed.parse(JSON.parse(stdout)).deadLetters as [{ id: string }];
    const { code, stdout: text } = await ops('dlq', 'show', id);
    expect({ code, text }).toEqual({
      code: 0,
      text: expect.stringContaining('Twilio refuses your API key'),
    });
    const asJson = await ops('dlq', 'show', id, '--json');
    expect(asJson.code).toBe(0);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      id,
      ticket: 'zendesk/7',
      ifReplayed: { unknown: expect.stringContaining('Twilio refuses your API key') },
    });
  });

  it('is stopped by Ctrl-C with the exit code of that', async () => {
    const { sendDeadLetters, root, idOf } = await harness();
    await sendDeadLetters([{ body: ticketChange(7, {}), reason: 'crashed' }]);
    const id = await idOf('zendesk/7');
    const ops = commandRunner(root, {}, { stopSignal: () => AbortSignal.abort() });
    expect(await ops('dlq', 'show', id)).toEqual({ code: 5, stdout: '', stderr: '' });
  });

  it('says so where there is none, or more than one', async () => {
    const { sendDeadLetters, ops, idOf } = await harness();
    await sendDeadLetters([{ body: ticketChange(7, {}), reason: 'crashed' }]);
    expect(await ops('dlq', 'show', '0000')).toMatchObject({ code: 1, stdout: '' });
    expect((await ops('dlq', 'show', '0000')).stderr).toContain('dlq list --each');
    await sendDeadLetters([{ body: ticketChange(8, {}), reason: 'crashed' }]);
    const [one = '', other = ''] = [await idOf('zendesk/7'), await idOf('zendesk/8')];
    expect(await ops('dlq', 'show', one)).toMatchObject({ code: 0 });
    expect(one).not.toBe(other);
  });
});
