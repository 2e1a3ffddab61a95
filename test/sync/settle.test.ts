import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Reconcile } from '../../shared/message/settle.ts';
import { Transient } from '../../shared/taskrouter/failures.ts';
import type { Task } from '../../shared/taskrouter/task-router.ts';
import { changeOf, settleOf } from './changes.ts';
import { receivedTimes, startWorld, type World, wornOut } from './world.ts';

const recording = 'https://api.twilio.com/recording';
const ticket = 'https://acme.zendesk.com/agent/tickets/7';

/** What each segment shows, in the order of their reservations. */
const shown = async (world: World, taskSid: string, segments: readonly string[]) => {
  const { attributes } = await world.taskOf(taskSid);
  const { reservation_attributes: blocks } = JSON.parse(attributes);
  return segments.map((sid) =>
    (blocks?.[sid]?.media ?? []).map(({ url, sid: chat }: Record<string, string>) => url ?? chat),
  );
};

const readsAndWrites = async (world: World) => {
  const { calls } = await world.stats();
  return [calls.fetchTask + calls.listReservations, calls.updateTask];
};

/** A Task with a link, on the segment of the agent who accepted it. */
const linkedTask = async (world: World, attributes: object = {}) => {
  const taskSid = await world.createTask(attributes, { accepted: false });
  const first = await world.accept(taskSid);
  await world.send([changeOf(7, { taskSid })]);
  await world.run(await world.receive());
  return { taskSid, first };
};

const settle = async (world: World, taskSid: string, change: Partial<Reconcile> = {}) => {
  await world.send([settleOf(taskSid, change)]);
  await world.run(await world.receive());
};

/** A record that was put on the queue at a moment, milliseconds since 1970. */
const sentAt = (at: number, record: SQSRecord): SQSRecord => ({
  ...record,
  attributes: { ...record.attributes, SentTimestamp: String(at) },
});

describe('settling a Task', () => {
  it('brings the link to the segment of the next agent', async () => {
    const world = await startWorld();
    const { taskSid, first } = await linkedTask(world);
    const second = await world.accept(taskSid);
    await settle(world, taskSid);
    expect(await shown(world, taskSid, [first, second])).toEqual([[ticket], [ticket]]);
    expect(world.metric('Settled')).toBe(1);
    expect(world.outcomes().at(-1)).toMatchObject({ outcome: 'settled', settle: 'event', taskSid });
  });

  it('brings in a recording and a transcript that appear later, before the link', async () => {
    const world = await startWorld();
    const { taskSid, first } = await linkedTask(world);
    await world.overwrite(taskSid, {
      conversations: { segment_link: recording },
      conversationSid: 'CH1',
    });
    await settle(world, taskSid);
    expect(await shown(world, taskSid, [first])).toEqual([[recording, 'CH1', ticket]]);
  });

  it('costs two reads and no write where nothing is missing', async () => {
    const world = await startWorld();
    const { taskSid } = await linkedTask(world);
    const [reads = 0, writes] = await readsAndWrites(world);
    await settle(world, taskSid);
    expect(await readsAndWrites(world)).toEqual([reads + 2, writes]);
    expect(world.metric('Settled')).toBe(0);
    expect(world.outcomes().at(-1)).toMatchObject({ outcome: 'unchanged', next: 'acknowledge' });
  });

  it('shares one visit with the changes of the same Task', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await world.send([settleOf(taskSid), changeOf(7, { taskSid }), settleOf(taskSid)]);
    await world.run(await world.receive());
    expect(await readsAndWrites(world)).toEqual([2, 1]);
    expect(world.outcomes().map(({ outcome }) => outcome)).toEqual(
      expect.arrayContaining(['linked', 'settled', 'settled']),
    );
  });

  it('does nothing to a Task without a ledger, and is no loss for one that is gone', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({ zd_ticket_id: '7' });
    await settle(world, taskSid);
    await settle(world, `WT${'0'.repeat(32)}`);
    expect(world.outcomes().map(({ outcome }) => outcome)).toEqual(['unchanged', 'expired']);
    expect(world.metric('Expired')).toBe(0);
    expect((await readsAndWrites(world))[1]).toBe(0);
  });

  it('is counted, and no dead letter, where there is no room for the next segment: its next event asks again', async () => {
    const world = await startWorld();
    const { taskSid } = await linkedTask(world);
    await world.overwrite(taskSid, {
      padding: 'x'.repeat(3500),
      conversations: { media: 'of another form' },
    });
    for (let agent = 0; agent < 3; agent += 1) await world.accept(taskSid);
    await settle(world, taskSid);
    expect(world.outcomes().at(-1)).toMatchObject({
      level: 'warn',
      outcome: 'rejected',
      reason: 'attributes-full',
      next: 'acknowledge',
    });
    expect(world.metric('Rejected')).toBe(1);
    expect(await world.deadLetters()).toEqual([]);
  });

  it('is a dead letter that names the Task once its tries are used up', async () => {
    const world = await startWorld({ settings: { outage: true } });
    const taskSid = `WT${'1'.repeat(32)}`;
    await world.send([settleOf(taskSid)]);
    const { Records } = await world.receive();
    await world.run({ Records: Records.map(wornOut) });
    const [letter] = await world.deadLetters();
    expect(letter?.MessageAttributes).toMatchObject({
      reason: { StringValue: 'taskrouter-unavailable' },
      task: { StringValue: taskSid },
    });
    expect(letter?.MessageAttributes).not.toHaveProperty('source');
  });
});

describe('a Task that ends', () => {
  it('comes first in a batch, by what the message or the search says of it', async () => {
    const world = await startWorld();
    const order: string[] = [];
    const taskRouter = {
      ...world.options.taskRouter,
      fetchTask: async (sid: string, ...rest: []) => {
        order.push(sid);
        return world.options.taskRouter.fetchTask(sid, ...rest);
      },
    };
    const ongoing = await world.createTask({ zd_ticket_id: '1' });
    const unknown = await world.createTask({});
    const finished = await world.createTask({ zd_ticket_id: '2' });
    const wrapping = await world.createTask({});
    await world.moveTo(finished, 'completed');
    const byAttribute = (value: string) => ({ attribute: { name: 'zd_ticket_id', value } });
    await world.send([
      changeOf(1, byAttribute('1')),
      changeOf(3, { taskSid: unknown }),
      changeOf(2, byAttribute('2')),
      settleOf(wrapping, { finishing: true }),
    ]);
    await world.run(await world.receive(), { taskRouter, tasksInParallel: 1 });
    expect(new Set(order.slice(0, 2))).toEqual(new Set([finished, wrapping]));
    expect(order.slice(2)).toEqual([unknown, ongoing]);
  });

  it.each([
    ['as the Task says', {}, (task: Task): Task => task],
    [
      'as the message says, of a Task that does not tell',
      { finishing: true } as const,
      ({ status: _, ...task }: Task): Task => task,
    ],
  ])('is tried again soon, however often it has been tried, %s', async (_, change, asRead) => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await world.moveTo(taskSid, 'completed');
    await world.send([changeOf(7, { taskSid }, change)]);
    const event = await world.receive();
    const [record] = event.Records;
    if (record === undefined) throw new Error('nothing came');
    const { taskRouter } = world.options;
    const refusing: typeof taskRouter = {
      ...taskRouter,
      fetchTask: async (...read) => asRead(await taskRouter.fetchTask(...read)),
      updateAttributes: async () => {
        throw new Transient('429', { status: 429 });
      },
    };
    await world.run({ Records: [receivedTimes(10, record)] }, { taskRouter: refusing });
    const { hiddenSeconds } = await world.inspect();
    expect(hiddenSeconds.get(record.messageId)).toBeLessThan(20);
  });

  it('is told, once it is gone, with what was the CRM’s lag and what was ours', async () => {
    const world = await startWorld();
    const now = Date.now();
    const change = changeOf(7, { taskSid: `WT${'0'.repeat(32)}` });
    await world.send([{ ...change, occurredAt: now - 600_000, receivedAt: now - 5_000 }]);
    const event = await world.receive();
    await world.run({ Records: event.Records.map((record) => sentAt(now - 5_000, record)) });
    const line = world.outcomes().at(-1);
    expect(line).toMatchObject({ outcome: 'expired', next: 'acknowledge', crmLagMs: 595_000 });
    expect(line?.['ownLagMs']).toBeGreaterThanOrEqual(5_000);
    expect(world.metric('Expired')).toBe(1);
    expect(world.metric('ExpiredLag')).toBeGreaterThanOrEqual(600_000);
  });
});
