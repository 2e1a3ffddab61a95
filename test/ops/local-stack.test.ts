import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createZendeskSender } from '../../local/demo/send-webhook.ts';
import { ticketChange } from '../sync/messages.ts';
import { commandRunner } from './command-line.ts';
import { openLocalStack } from './local-stack.ts';

describe('why, sync and status on the local stack', { timeout: 60_000 }, () => {
  let stack: Awaited<ReturnType<typeof openLocalStack>>;
  beforeAll(async () => {
    stack = await openLocalStack();
  }, 120_000);
  afterAll(() => stack.close());

  /** Runs a command, and parses its JSON. */
  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await stack.ops(...args, '--json');
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const conclusion = async (...args: readonly string[]) => (await json('why', ...args)).conclusion;
  const change = (ticket: string) =>
    createZendeskSender(stack.description).send({
      ticket,
      event: 'status_changed',
      at: Date.now(),
    });

  const searching = { text: 'No Task matches yet: sync searches again soon.' };

  it('why finds a ticket by key, id and any SID of its conversation', async () => {
    const callSid = `CA${'1'.repeat(32)}`;
    const taskSid = await stack.flex.createTask({ zd_ticket_id: '4711', call_sid: callSid });
    await stack.flex.accept(taskSid, 'ada');
    await change('4711');
    const linked = {
      text: 'The link is on the Task.',
      next: `npm run ops -- explain ${taskSid} --local`,
    };
    await expect.poll(() => conclusion('zendesk/4711')).toEqual(linked);
    const tickets = [{ ticket: 'zendesk/4711', state: 'linked' }];
    for (const args of [['4711', '--source', 'zendesk'], [taskSid], [callSid]]) {
      const { events, ...trace } = await json('why', ...args);
      const tasks = [{ sid: taskSid, status: 'assigned', tickets }];
      expect(trace).toMatchObject({ conclusion: linked, tasks, deadLetters: [], notes: [] });
      const parts = events.map(({ part }: { part: string }) => part);
      expect(parts).toEqual(expect.arrayContaining(['crm-change', 'sync']));
    }
    // The log holds this text, in the key of the other ticket.
    expect(await conclusion('zendesk/471')).toMatchObject({ text: 'Not seen in the last 24 h.' });
  });

  it('why finds a dead letter by its ticket and by the SID that it names', async () => {
    const callSid = `CA${'2'.repeat(32)}`;
    await stack.sendDeadLetter(ticketChange(12, { callSid }));
    for (const item of ['zendesk/12', callSid]) {
      const { text, next } = await conclusion(item);
      expect(text).toMatch(/^It is in the dead-letter queue: sync crashed/);
      expect(next).toMatch(/^npm run ops -- dlq show [0-9a-f]{8} --local$/);
    }
    const { stdout } = await stack.ops('status');
    expect(stdout).toMatch(/Dead letters {2}1 about 1 ticket\n {2}sync-did-not-finish/);
    await stack.ops('dlq', 'replay', '--yes');
    await expect.poll(() => conclusion(callSid)).toEqual(searching);
  });

  it('a paused sync leaves messages in the queue: why, status and doctor say so, and it goes on', async () => {
    const dryRun = await stack.ops('sync', 'pause');
    expect(dryRun).toMatchObject({ code: 3, stdout: expect.stringContaining('4 d after') });
    expect((await json('status')).eventSource).toBe('running');
    expect(await json('sync', 'pause', '--yes')).toMatchObject({ state: 'paused' });
    await change('13');
    const text = 'Its message waits in the queue: sync is paused.';
    expect(await conclusion('zendesk/13')).toEqual({
      text,
      next: 'npm run ops -- sync resume --local',
    });
    expect(await json('status')).toMatchObject({ eventSource: 'paused', queue: { ready: 1 } });
    const { stdout } = await stack.ops('doctor');
    expect(stdout).toMatch(/! event source +paused: the messages wait/);
    expect(await json('sync', 'resume', '--yes')).toMatchObject({ state: 'running' });
    expect(await json('sync', 'resume', '--yes')).toMatchObject({ before: 'running' });
    await expect.poll(() => conclusion('zendesk/13')).toEqual(searching);
  });

  it('status and doctor tell messages that wait for a retry from those in flight', async () => {
    await stack.flex.changeSettings({ outage: true });
    await change('14');
    await expect
      .poll(() => conclusion('zendesk/14'))
      .toHaveProperty('text', 'It waits in the queue for its next try.');
    expect((await stack.ops('doctor')).stdout).toMatch(/✓ changes .* 1 waiting for a retry/);
    const { bySource } = (await json('status')).lastHour;
    expect(bySource[0]).toMatchObject({ source: 'zendesk', outcomes: { retry: 1 } });
  });

  it('status --watch shows screen after screen until Ctrl-C', async () => {
    const screens: string[] = [];
    const controller = new AbortController();
    const screen = (text: string) => screens.push(text) === 2 && controller.abort();
    const stopSignal = () => controller.signal;
    const watching = commandRunner(stack.root, {}, { screen, stopSignal });
    expect(await watching('status', '--watch')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(screens).toHaveLength(2);
  });
});
