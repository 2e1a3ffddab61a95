import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFlexClient, type FlexClient } from '../../local/demo/flex.ts';
import { createOutcomeCounter } from '../../local/demo/outcomes.ts';
import { createZendeskSender, type Zendesk } from '../../local/demo/send-webhook.ts';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';

const outcomes = createOutcomeCounter();
let harness: LocalStack;
let agents: FlexClient;
let crm: Zendesk;
let sent = 0;

beforeAll(async () => {
  harness = await startLocalStack({ windowMs: 50, taskEvents: 'off', log: outcomes.readLine });
  agents = createFlexClient(harness.description);
  crm = createZendeskSender(harness.description);
});
afterAll(() => harness.close());

const change = async (ticket: string, at: number): Promise<void> => {
  sent += await crm.send({ ticket, event: 'status_changed', at });
};
const allDone = () => outcomes.waitUntil('all changes are done', () => outcomes.done() === sent);

it('a webhook that comes again, with older ones and an hour of others between, is written once', async () => {
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
  await allDone();
  const first = await agents.attributesOf(task);
  expect(first).toContain('/agent/tickets/1"');
  const writesOfFirst = (await agents.stats()).calls.updateTask;

  await change('1', start);
  await allDone();
  await change('1', start - minute);
  await allDone();
  expect((await agents.stats()).calls.updateTask).toBe(writesOfFirst);

  for (let passed = 1; passed < 60; passed += 1) {
    const { ticket = '' } = others[passed % others.length] ?? {};
    await change(ticket, start + passed * minute);
  }
  await allDone();
  const writesOfAll = (await agents.stats()).calls.updateTask;
  expect(writesOfAll).toBeGreaterThan(writesOfFirst);

  await change('1', start);
  await allDone();
  expect(await agents.attributesOf(task)).toBe(first);
  expect((await agents.stats()).calls.updateTask).toBe(writesOfAll);
  expect(outcomes.count('retry')).toBe(0);
});
