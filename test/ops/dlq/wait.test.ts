import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ticketChange } from '../../sync/messages.ts';
import { openLocalStack } from '../local-stack.ts';

describe('dlq replay --wait', () => {
  let harness: Awaited<ReturnType<typeof openLocalStack>>;
  beforeAll(async () => {
    harness = await openLocalStack({ taskEvents: 'off' });
  }, 120_000);
  afterAll(() => harness.close());

  it('follows the messages until each has an outcome', async () => {
    const { ops, flex, sendDeadLetter } = harness;
    const taskSid = await flex.createTask({});
    await flex.accept(taskSid, 'ada');
    for (const id of [1, 2, 3]) await sendDeadLetter(ticketChange(id, { taskSid }));
    await sendDeadLetter(ticketChange(4, { taskSid: `WT${'0'.repeat(32)}` }));
    await sendDeadLetter('{"none": "of ours"}');
    const { code, stdout } = await ops('dlq', 'replay', '--yes', '--wait', '2m', '--json');
    expect(code).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: 5,
      outcomes: { linked: 3, expired: 1, 'failed again: invalid-message': 1 },
    });
    const again = await ops('dlq', 'replay', '--yes', '--wait', '2m');
    expect(again.stdout).toMatch(/Outcomes\n {2}failed again: invalid-message {2}1/);
    await ops('dlq', 'purge', '--yes');
  }, 180_000);

  it('follows a message that waits for an agent, and no longer than it may', async () => {
    const { ops, flex, sendDeadLetter } = harness;
    const taskSid = await flex.createTask({});
    await sendDeadLetter(ticketChange(1, { taskSid }));
    const short = await ops('dlq', 'replay', '--yes', '--wait', '1s', '--json');
    expect(JSON.parse(short.stdout)).toMatchObject({
      sent: 1,
      outcomes: { 'pending: no agent has accepted the Task': 1 },
    });

    const reads = (await flex.stats()).calls.fetchTask;
    await sendDeadLetter(ticketChange(2, { taskSid }));
    const followed = ops('dlq', 'replay', '--yes', '--wait', '2m', '--json');
    // sync has read the Task now, so that the message waits.
    await expect.poll(async () => (await flex.stats()).calls.fetchTask).toBeGreaterThan(reads);
    await flex.accept(taskSid, 'ada');
    expect(JSON.parse((await followed).stdout)).toMatchObject({ sent: 1, outcomes: { linked: 1 } });
  }, 180_000);
});
