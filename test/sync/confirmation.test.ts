import { describe, expect, it } from 'vitest';
import { Reconcile } from '../../shared/messages/message.ts';
import { Transient } from '../../shared/taskrouter/errors.ts';
import { reconcileMessage, ticketChange } from './messages.ts';
import { type SyncHarness, startSyncHarness, withReceiveCount } from './sync-harness.ts';

const confirmAfterSeconds = [20, 90];
const ticket = 'https://acme.zendesk.com/agent/tickets/7';

/** The messages that are to come later: what they are and in how many seconds, about. */
const later = async (harness: SyncHarness) => {
  const { delayed } = await harness.inspect();
  return delayed.map(({ body, delayUntil = 0 }) => ({
    message: Reconcile.parse(JSON.parse(body)),
    seconds: Math.round((delayUntil - Date.now()) / 10_000) * 10,
  }));
};

/** Runs messages as if their time had come. */
const run = async (
  harness: SyncHarness,
  ...messages: Parameters<SyncHarness['send']>[0][number][]
) => {
  await harness.send(messages);
  await harness.run(await harness.receive(), { confirmAfterSeconds });
};

describe('the confirmation of a write', () => {
  it('comes after 20 seconds with what was written, and after 90 once more', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    const change = ticketChange(7, { taskSid }, { version: '5' });
    await run(harness, change);
    const [first, ...others] = await later(harness);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      seconds: 20,
      message: {
        taskSid,
        confirms: { round: 1, tickets: [{ ticket: 'zendesk/7', version: '5', link: change.link }] },
      },
    });

    if (first === undefined) throw new Error('no confirmation');
    await run(harness, first.message);
    const [, second] = await later(harness);
    expect(second).toMatchObject({ seconds: 70, message: { confirms: { round: 2 } } });
    if (second === undefined) throw new Error('no second confirmation');
    await run(harness, second.message);
    expect(await later(harness)).toHaveLength(2);
  });

  it('costs two reads and no write when all is well', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await run(harness, ticketChange(7, { taskSid }));
    const [first] = await later(harness);
    const before = (await harness.stats()).calls;
    await run(harness, first?.message ?? '');
    const { fetchTask, listReservations, updateTask, evaluate } = (await harness.stats()).calls;
    expect([fetchTask - before.fetchTask, listReservations - before.listReservations]).toEqual([
      1, 1,
    ]);
    expect([updateTask, evaluate]).toEqual([before.updateTask, before.evaluate]);
    expect(harness.metric('Restored')).toBe(0);
  });

  it('brings back what a writer without a version wiped, ledger and all, and starts again', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    const stale = JSON.parse((await harness.fetchTask(taskSid)).attributes);
    await run(harness, ticketChange(7, { taskSid }));
    const [first] = await later(harness);
    await harness.overwrite(taskSid, {
      ...stale,
      disposition: 'refund',
      reservation_attributes: undefined,
      crm_media_sync: undefined,
    });
    expect(await harness.urlsOf(taskSid)).toEqual([]);

    await run(harness, first?.message ?? '');
    expect(await harness.urlsOf(taskSid)).toEqual([ticket]);
    expect(JSON.parse((await harness.fetchTask(taskSid)).attributes)).toMatchObject({
      disposition: 'refund',
    });
    expect(harness.metric('Restored')).toBe(1);
    const confirms = (await later(harness)).map(({ message }) => message.confirmation);
    expect(confirms).toMatchObject([
      { round: 1, restored: 0 },
      { round: 1, restored: 1 },
    ]);
  });

  it('does not bring back what was removed on purpose, and takes away what a wipe brought back', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await run(harness, ticketChange(7, { taskSid }, { version: '5' }));
    const [ofLink] = await later(harness);
    const { attributes: withLink } = await harness.fetchTask(taskSid);
    await run(harness, ticketChange(7, { taskSid }, { version: '6', link: null }));
    const [, ofRemoval] = await later(harness);
    await run(harness, ofLink?.message ?? '');
    expect(await harness.urlsOf(taskSid)).toEqual([]);

    await harness.overwrite(taskSid, JSON.parse(withLink));
    expect(await harness.urlsOf(taskSid)).toEqual([ticket]);
    await run(harness, ofRemoval?.message ?? '');
    expect(await harness.urlsOf(taskSid)).toEqual([]);
  });

  it('is one for each Task, however many changes were written', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await run(
      harness,
      ticketChange(7, { taskSid }),
      ticketChange(8, { taskSid }),
      reconcileMessage(taskSid),
    );
    const all = await later(harness);
    expect(all).toHaveLength(1);
    expect(all[0]?.message.confirmation?.tickets).toHaveLength(2);
  });

  it('never multiplies and comes ever later, however often others wipe', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await run(harness, ticketChange(7, { taskSid }));
    let [next] = await later(harness);
    for (let wipes = 1; wipes <= 5; wipes += 1) {
      await harness.overwrite(taskSid, {
        reservation_attributes: undefined,
        crm_media_sync: undefined,
      });
      await run(harness, next?.message ?? '');
      const all = await later(harness);
      expect(all).toHaveLength(wipes + 1);
      next = all.at(-1);
      expect(next?.message.confirmation?.repairStreak).toBe(wipes);
      expect(next?.seconds).toBe(Math.min(900, 20 * 2 ** wipes));
      expect(await harness.urlsOf(taskSid)).toEqual([ticket]);
    }
  });

  it('follows a settle that wrote, too', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await run(harness, ticketChange(7, { taskSid }));
    await harness.accept(taskSid);
    await run(harness, reconcileMessage(taskSid));
    expect(await later(harness)).toHaveLength(2);
  });

  it('ends with the Task, which is no change that came too late', async () => {
    const harness = await startSyncHarness({ settings: { deleteAfterMs: 0 } });
    const taskSid = await harness.createTask({});
    await run(harness, ticketChange(7, { taskSid }));
    const [first] = await later(harness);
    await harness.setStatus(taskSid, 'completed');
    await run(harness, first?.message ?? '');
    expect(harness.outcomes().at(-1)).toMatchObject({
      outcome: 'expired',
      settle: 'confirmation 1',
      next: 'acknowledge',
    });
    expect(harness.metric('Expired')).toBe(0);
    expect(await later(harness)).toHaveLength(1);
  });

  it('follows no change that wrote nothing, and none at all where it is off', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await harness.send([ticketChange(7, { taskSid })]);
    await harness.run(await harness.receive(), { confirmAfterSeconds: [] });
    await run(harness, ticketChange(7, { taskSid }));
    expect(await later(harness)).toEqual([]);
  });

  it('follows a write that an earlier try has made and not lived to see', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await harness.send([ticketChange(7, { taskSid })]);
    const batch = await harness.receive();
    const { taskRouter } = harness.options;
    const cutOff: typeof taskRouter = {
      ...taskRouter,
      updateAttributes: async (...write) => {
        await taskRouter.updateAttributes(...write);
        throw new Transient('no answer');
      },
    };
    await harness.run(batch, { taskRouter: cutOff, confirmAfterSeconds });
    expect(await later(harness)).toEqual([]);
    const again = { Records: batch.Records.map((record) => withReceiveCount(2, record)) };
    await harness.run(again, { confirmAfterSeconds });
    expect(harness.outcomes().at(-1)).toMatchObject({ outcome: 'unchanged' });
    expect(await later(harness)).toMatchObject([{ message: { confirms: { round: 1 } } }]);
  });

  it('is of its own tickets: what else is written beside it is no news', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await run(harness, ticketChange(7, { taskSid }));
    const [first] = await later(harness);
    if (first === undefined) throw new Error('no confirmation');
    await run(harness, first.message, ticketChange(8, { taskSid }));
    expect(harness.metric('Restored')).toBe(0);
    const confirms = (await later(harness)).map(({ message }) => message.confirmation);
    expect(confirms).toMatchObject([
      { round: 1, restored: 0 },
      { round: 2, restored: 0 },
      { round: 1, restored: 0 },
    ]);
  });
});
