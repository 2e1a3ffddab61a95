import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFlexClient, type FlexClient } from '../../local/demo/flex.ts';
import { createOutcomeCounter } from '../../local/demo/outcomes.ts';
import { createZendeskSender, type Zendesk } from '../../local/demo/send-webhook.ts';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';

const outcomes = createOutcomeCounter();
let stack: LocalStack;
let agents: FlexClient;
let crm: Zendesk;
let sent = 0;

beforeAll(async () => {
  stack = await startLocalStack({ windowMs: 50, taskEvents: 'off', log: outcomes.readLine });
  agents = createFlexClient(stack.description);
  crm = createZendeskSender(stack.description);
});
afterAll(() => stack.close());

const change = async (ticket: string, at: number): Promise<void> => {
  sent += await crm.send({ ticket, event: 'status_changed', at });
};
const allHandled = () =>
  outcomes.waitUntil('all changes have an outcome', () => outcomes.done() === sent);

it('a webhook that is sent again after older ones, and after an hour of others, is written once', async () => {
  const minute = 60_000;
  const start = Date.now() - 60 * minute;
  const task = await agents.createTask({
    zd_ticket_id: '1',
    conversations: { segment_link: 'https://recordings.example.com/1' },
  });
  await agents.accept(task, 'Ana');
  const others = await Promise.all(
    ['2', '3', '4'].map(async (ticket) => {
      const sid = await agents.createTask({ zd_ticket_id: ticket });
      await agents.accept(sid, 'Ben');
      return { ticket, sid };
    }),
  );

  await change('1', start);
  await allHandled();
  const first = await agents.attributesOf(task);
  expect(first).toContain('/agent/tickets/1"');
  const writesOfFirst = (await agents.stats()).calls.updateTask;

  await change('1', start);
  await allHandled();
  await change('1', start - minute);
  await allHandled();
  expect((await agents.stats()).calls.updateTask).toBe(writesOfFirst);

  for (let passed = 4; passed < 60; passed += 4) {
    const { ticket = '' } = others[(passed / 4) % others.length] ?? {};
    await change(ticket, start + passed * minute);
  }
  await allHandled();
  const writesOfAll = (await agents.stats()).calls.updateTask;
  expect(writesOfAll).toBeGreaterThan(writesOfFirst);

  await change('1', start);
  await allHandled();
  expect(await agents.attributesOf(task)).toBe(first);
  expect((await agents.stats()).calls.updateTask).toBe(writesOfAll);
  expect(outcomes.count('retry')).toBe(0);
});
