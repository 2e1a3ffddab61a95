import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Flex, flex } from '../../local/demo/flex.ts';
import { outcomes } from '../../local/demo/outcomes.ts';
import { type Zendesk, zendesk } from '../../local/demo/zendesk.ts';
import { startWorld, type World } from '../../local/world.ts';

const heard = outcomes();
let world: World;
let agents: Flex;
let crm: Zendesk;
let sent = 0;

beforeAll(async () => {
  world = await startWorld({ windowMs: 50, taskEvents: 'off', log: heard.hear });
  agents = flex(world.description);
  crm = zendesk(world.description);
});
afterAll(() => world.close());

const change = async (ticket: string, at: number): Promise<void> => {
  sent += await crm.send({ ticket, event: 'status_changed', at });
};
const settle = () => heard.until('all changes settled', () => heard.done() === sent);

it('a webhook that comes again, with older ones and an hour of others in between, is written once', async () => {
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
  await settle();
  const first = await agents.attributesOf(task);
  expect(first).toContain('/agent/tickets/1"');
  const writesOfFirst = (await agents.stats()).calls.updateTask;

  await change('1', start);
  await settle();
  await change('1', start - minute);
  await settle();
  expect((await agents.stats()).calls.updateTask).toBe(writesOfFirst);

  for (let passed = 1; passed < 60; passed += 1) {
    const { ticket = '' } = others[passed % others.length] ?? {};
    await change(ticket, start + passed * minute);
  }
  await settle();
  const writesOfAll = (await agents.stats()).calls.updateTask;
  expect(writesOfAll).toBeGreaterThan(writesOfFirst);

  await change('1', start);
  await settle();
  expect(await agents.attributesOf(task)).toBe(first);
  expect((await agents.stats()).calls.updateTask).toBe(writesOfAll);
  expect(heard.of('retry')).toBe(0);
});
