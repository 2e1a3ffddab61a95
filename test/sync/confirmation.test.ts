import { describe, expect, it } from 'vitest';
import { Reconcile } from '../../shared/message/settle.ts';
import { Transient } from '../../shared/taskrouter/failures.ts';
import { changeOf, settleOf } from './changes.ts';
import { receivedTimes, startWorld, type World } from './world.ts';

const confirmAfterSeconds = [20, 90];
const ticket = 'https://acme.zendesk.com/agent/tickets/7';

/** The messages that are to come later: what they are and in how many seconds, about. */
const later = async (world: World) => {
  const { delayed } = await world.inspect();
  return delayed.map(({ body, delayUntil = 0 }) => ({
    message: Reconcile.parse(JSON.parse(body)),
    seconds: Math.round((delayUntil - Date.now()) / 10_000) * 10,
  }));
};

/** Runs messages as if their time had come. */
const run = async (world: World, ...messages: Parameters<World['send']>[0][number][]) => {
  await world.send(messages);
  await world.run(await world.receive(), { confirmAfterSeconds });
};

describe('the confirmation of a write', () => {
  it('comes after 20 seconds with what was written, and after 90 once more', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    const change = changeOf(7, { taskSid }, { version: '5' });
    await run(world, change);
    const [first, ...others] = await later(world);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      seconds: 20,
      message: {
        taskSid,
        confirms: { round: 1, tickets: [{ ticket: 'zendesk/7', version: '5', link: change.link }] },
      },
    });

    if (first === undefined) throw new Error('no confirmation');
    await run(world, first.message);
    const [, second] = await later(world);
    expect(second).toMatchObject({ seconds: 70, message: { confirms: { round: 2 } } });
    if (second === undefined) throw new Error('no second confirmation');
    await run(world, second.message);
    expect(await later(world)).toHaveLength(2);
  });

  it('costs two reads and no write when all is well', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await run(world, changeOf(7, { taskSid }));
    const [first] = await later(world);
    const before = (await world.stats()).calls;
    await run(world, first?.message ?? '');
    const { fetchTask, listReservations, updateTask, evaluate } = (await world.stats()).calls;
    expect([fetchTask - before.fetchTask, listReservations - before.listReservations]).toEqual([
      1, 1,
    ]);
    expect([updateTask, evaluate]).toEqual([before.updateTask, before.evaluate]);
    expect(world.metric('Restored')).toBe(0);
  });

  it('brings back what a writer without a version wiped, ledger and all, and starts again', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    const stale = JSON.parse((await world.taskOf(taskSid)).attributes);
    await run(world, changeOf(7, { taskSid }));
    const [first] = await later(world);
    await world.overwrite(taskSid, {
      ...stale,
      disposition: 'refund',
      reservation_attributes: undefined,
      crm_media_sync: undefined,
    });
    expect(await world.urlsOf(taskSid)).toEqual([]);

    await run(world, first?.message ?? '');
    expect(await world.urlsOf(taskSid)).toEqual([ticket]);
    expect(JSON.parse((await world.taskOf(taskSid)).attributes)).toMatchObject({
      disposition: 'refund',
    });
    expect(world.metric('Restored')).toBe(1);
    const confirms = (await later(world)).map(({ message }) => message.confirmation);
    expect(confirms).toMatchObject([
      { round: 1, restored: 0 },
      { round: 1, restored: 1 },
    ]);
  });

  it('does not bring back what was removed on purpose, and takes away what a wipe brought back', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await run(world, changeOf(7, { taskSid }, { version: '5' }));
    const [ofLink] = await later(world);
    const { attributes: withLink } = await world.taskOf(taskSid);
    await run(world, changeOf(7, { taskSid }, { version: '6', link: null }));
    const [, ofRemoval] = await later(world);
    await run(world, ofLink?.message ?? '');
    expect(await world.urlsOf(taskSid)).toEqual([]);

    await world.overwrite(taskSid, JSON.parse(withLink));
    expect(await world.urlsOf(taskSid)).toEqual([ticket]);
    await run(world, ofRemoval?.message ?? '');
    expect(await world.urlsOf(taskSid)).toEqual([]);
  });

  it('is one for each Task, however many changes were written', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await run(world, changeOf(7, { taskSid }), changeOf(8, { taskSid }), settleOf(taskSid));
    const all = await later(world);
    expect(all).toHaveLength(1);
    expect(all[0]?.message.confirmation?.tickets).toHaveLength(2);
  });

  it('never multiplies and comes ever later, however often others wipe', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await run(world, changeOf(7, { taskSid }));
    let [next] = await later(world);
    for (let wipes = 1; wipes <= 5; wipes += 1) {
      await world.overwrite(taskSid, {
        reservation_attributes: undefined,
        crm_media_sync: undefined,
      });
      await run(world, next?.message ?? '');
      const all = await later(world);
      expect(all).toHaveLength(wipes + 1);
      next = all.at(-1);
      expect(next?.message.confirmation?.repairStreak).toBe(wipes);
      expect(next?.seconds).toBe(Math.min(900, 20 * 2 ** wipes));
      expect(await world.urlsOf(taskSid)).toEqual([ticket]);
    }
  });

  it('follows a settle that wrote, too', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await run(world, changeOf(7, { taskSid }));
    await world.accept(taskSid);
    await run(world, settleOf(taskSid));
    expect(await later(world)).toHaveLength(2);
  });

  it('ends with the Task, which is no change that came too late', async () => {
    const world = await startWorld({ settings: { deleteAfterMs: 0 } });
    const taskSid = await world.createTask({});
    await run(world, changeOf(7, { taskSid }));
    const [first] = await later(world);
    await world.moveTo(taskSid, 'completed');
    await run(world, first?.message ?? '');
    expect(world.outcomes().at(-1)).toMatchObject({
      outcome: 'expired',
      settle: 'confirmation 1',
      next: 'acknowledge',
    });
    expect(world.metric('Expired')).toBe(0);
    expect(await later(world)).toHaveLength(1);
  });

  it('follows no change that wrote nothing, and none at all where it is off', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await world.send([changeOf(7, { taskSid })]);
    await world.run(await world.receive(), { confirmAfterSeconds: [] });
    await run(world, changeOf(7, { taskSid }));
    expect(await later(world)).toEqual([]);
  });

  it('follows a write that an earlier try has made and not lived to see', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await world.send([changeOf(7, { taskSid })]);
    const batch = await world.receive();
    const { taskRouter } = world.options;
    const cutOff: typeof taskRouter = {
      ...taskRouter,
      updateAttributes: async (...write) => {
        await taskRouter.updateAttributes(...write);
        throw new Transient('no answer');
      },
    };
    await world.run(batch, { taskRouter: cutOff, confirmAfterSeconds });
    expect(await later(world)).toEqual([]);
    const again = { Records: batch.Records.map((record) => receivedTimes(2, record)) };
    await world.run(again, { confirmAfterSeconds });
    expect(world.outcomes().at(-1)).toMatchObject({ outcome: 'unchanged' });
    expect(await later(world)).toMatchObject([{ message: { confirms: { round: 1 } } }]);
  });

  it('is of its own tickets: what else is written beside it is no news', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({});
    await run(world, changeOf(7, { taskSid }));
    const [first] = await later(world);
    if (first === undefined) throw new Error('no confirmation');
    await run(world, first.message, changeOf(8, { taskSid }));
    expect(world.metric('Restored')).toBe(0);
    const confirms = (await later(world)).map(({ message }) => message.confirmation);
    expect(confirms).toMatchObject([
      { round: 1, restored: 0 },
      { round: 2, restored: 0 },
      { round: 1, restored: 0 },
    ]);
  });
});
