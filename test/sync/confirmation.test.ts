import { describe, expect, it } from 'vitest';
import { ReconcileMessage } from '../../shared/messages/message.ts';
import { Transient } from '../../shared/taskrouter/errors.ts';
import { reconcileMessage, ticketChange } from './messages.ts';
import { atTry, type SyncHarness, startSyncHarness, startWithTask } from './sync-harness.ts';

const confirmAfterSeconds = [20, 90];
const withoutEvents = { confirmAfterSeconds, taskEvents: false };
const ticket = 'https://acme.zendesk.com/agent/tickets/7';
const other = 'https://acme.zendesk.com/agent/tickets/8';

/** The delayed reconciles of the queue, and their delays in seconds, rounded to ten. */
const delayedMessages = async (harness: SyncHarness) => {
  const { delayed } = await harness.inspect();
  const reconciles = delayed.filter(({ body }) => !body.includes('"kind":"ticket-change"'));
  return reconciles.map(({ body, delayUntil = 0 }) => ({
    message: ReconcileMessage.parse(JSON.parse(body)),
    seconds: Math.round((delayUntil - Date.now()) / 10_000) * 10,
  }));
};

const rounds = async (harness: SyncHarness) =>
  (await delayedMessages(harness)).map(({ message }) => message.meta);

/** Sends messages without a delay, and runs the sync. */
const run = async (
  harness: SyncHarness,
  ...messages: Parameters<SyncHarness['send']>[0][number][]
) => {
  await harness.send(messages);
  await harness.run(await harness.receive(), withoutEvents);
};

describe('the confirmation of a write', () => {
  it('comes after 20 seconds with what was written', async () => {
    const { harness, taskSid } = await startWithTask();
    const change = ticketChange(7, { taskSid }, { version: '5' });
    await run(harness, change);
    const [first, ...others] = await delayedMessages(harness);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      seconds: 20,
      message: {
        meta: { taskSid, confirmationRound: 1 },
        change: { tickets: [{ ticket: 'zendesk/7', version: '5', link: change.change.link }] },
      },
    });
  });

  it('writes again what a writer without If-Match has overwritten, ledger included', async () => {
    const { harness, taskSid } = await startWithTask();
    const stale = JSON.parse((await harness.fetchTask(taskSid)).attributes);
    await run(harness, ticketChange(7, { taskSid }));
    const [first] = await delayedMessages(harness);
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
    expect(harness.metric('Repaired')).toBe(1);
    expect(harness.outcomes().at(-1)).toMatchObject({ reconcile: 'confirmation 1' });
    expect(await rounds(harness)).toMatchObject([
      { confirmationRound: 1, repairStreak: 0 },
      { confirmationRound: 1, repairStreak: 1 },
    ]);
  });

  it.each([
    ['stays if a writer puts back attributes without name and ledger', undefined, [ticket]],
    ['goes if the name changed while the ledger stands', { zd_ticket_id: '8' }, [other]],
  ])('tells that the Task named its ticket, which %s', async (_, change, urls) => {
    const { harness, taskSid } = await startWithTask({ zd_ticket_id: '7' });
    await run(harness, reconcileMessage(taskSid));
    const [first] = await delayedMessages(harness);
    expect(first?.message.change?.tickets).toMatchObject([{ ticket: 'zendesk/7', named: true }]);
    const { attributes } = await harness.fetchTask(taskSid);
    const back = Object.keys(JSON.parse(attributes)).map((name) => [name, undefined]);
    await harness.overwrite(taskSid, change ?? Object.fromEntries(back));
    await run(harness, first?.message ?? '', reconcileMessage(taskSid));
    expect(await harness.urlsOf(taskSid)).toEqual(urls);
    // It is kept until the Task names another of its source.
    await run(harness, reconcileMessage(taskSid));
    expect(await harness.urlsOf(taskSid)).toEqual(urls);
    await harness.overwrite(taskSid, { zd_ticket_id: '8' });
    await run(harness, reconcileMessage(taskSid));
    expect(await harness.urlsOf(taskSid)).toEqual([other]);
  });

  it('keeps a link removed that was removed on purpose, and removes one that came back', async () => {
    const { harness, taskSid } = await startWithTask();
    await run(harness, ticketChange(7, { taskSid }, { version: '5' }));
    const [ofLink] = await delayedMessages(harness);
    const { attributes: withLink } = await harness.fetchTask(taskSid);
    await run(harness, ticketChange(7, { taskSid }, { version: '6', link: null }));
    const [, ofRemoval] = await delayedMessages(harness);
    await run(harness, ofLink?.message ?? '');
    expect(await harness.urlsOf(taskSid)).toEqual([]);

    await harness.overwrite(taskSid, JSON.parse(withLink));
    expect(await harness.urlsOf(taskSid)).toEqual([ticket]);
    await run(harness, ofRemoval?.message ?? '');
    expect(await harness.urlsOf(taskSid)).toEqual([]);
  });

  it('is one message for a Task, however many changes were written', async () => {
    const { harness, taskSid } = await startWithTask();
    await run(
      harness,
      ticketChange(7, { taskSid }),
      ticketChange(8, { taskSid }),
      reconcileMessage(taskSid),
    );
    const all = await delayedMessages(harness);
    expect(all).toHaveLength(1);
    expect(all[0]?.message.change?.tickets).toHaveLength(2);
  });

  it('does not follow a change that wrote nothing, and is off without delays', async () => {
    const { harness, taskSid } = await startWithTask();
    await harness.send([ticketChange(7, { taskSid })]);
    await harness.run(await harness.receive(), { confirmAfterSeconds: [] });
    await run(harness, ticketChange(7, { taskSid }));
    expect(await delayedMessages(harness)).toEqual([]);
  });

  it('follows a write whose response was lost, from the try that finds it and writes nothing', async () => {
    const { harness, taskSid } = await startWithTask();
    await harness.send([ticketChange(7, { taskSid })]);
    const batch = await harness.receive();
    const { taskRouter } = harness.options;
    const cutOff: typeof taskRouter = {
      ...taskRouter,
      updateAttributes: async (...write) => {
        await taskRouter.updateAttributes(...write);
        throw new Transient('no response');
      },
    };
    await harness.run(batch, { taskRouter: cutOff, ...withoutEvents });
    expect(await delayedMessages(harness)).toEqual([]);
    const again = { Records: batch.Records.map((record) => atTry(2, record)) };
    await harness.run(again, withoutEvents);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['retry', 'unchanged']);
    expect((await harness.stats()).calls.updateTask).toBe(1);
    expect(await delayedMessages(harness)).toMatchObject([
      { message: { meta: { confirmationRound: 1 } } },
    ]);
  });

  it('is no repair if only other tickets were written beside it', async () => {
    const { harness, taskSid } = await startWithTask();
    await run(harness, ticketChange(7, { taskSid }));
    const [first] = await delayedMessages(harness);
    if (first === undefined) throw new Error('no confirmation');
    await run(harness, first.message, ticketChange(8, { taskSid }));
    expect(harness.metric('Repaired')).toBe(0);
    // They are in two queues.
    expect(
      (await rounds(harness)).map((meta) => [meta.confirmationRound, meta.repairStreak]).sort(),
    ).toEqual([
      [1, 0],
      [1, 0],
      [2, 0],
    ]);
  });
});

describe('where TaskRouter’s events arrive', () => {
  const options = { confirmAfterSeconds, taskEvents: true };

  it('a Task that goes on is confirmed once, by one read; one that ends is confirmed at 20 s too', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    const ending = await harness.createTask({});
    await harness.setStatus(ending, 'completed');
    await harness.send([ticketChange(7, { taskSid }), ticketChange(8, { taskSid: ending })]);
    await harness.run(await harness.receive(), options);
    const delayed = await delayedMessages(harness);
    expect(new Map(delayed.map(({ message, seconds }) => [message.meta.taskSid, seconds]))).toEqual(
      new Map([
        [taskSid, 90],
        [ending, 20],
      ]),
    );

    const { calls } = await harness.stats();
    await harness.send(delayed.map(({ message }) => message));
    await harness.run(await harness.receive(), options);
    const after = await harness.stats();
    expect(after.calls.fetchTask - calls.fetchTask).toBe(2);
    expect(after.calls.listReservations - calls.listReservations).toBe(0);
  });

  it.each<[string, (before: object) => object]>([
    ['writes', () => ({ disposition: 'refund' })],
    ['writes back what it was, ledger and all', (before) => before],
  ])('one to which somebody %s is checked whole', async (_, change) => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({});
    await harness.send([ticketChange(8, { taskSid })]);
    await harness.run(await harness.receive(), options);
    const before = JSON.parse((await harness.fetchTask(taskSid)).attributes);
    await harness.send([ticketChange(7, { taskSid })]);
    await harness.run(await harness.receive(), options);
    await harness.overwrite(taskSid, change(before));
    await harness.accept(taskSid);
    const [, last] = await delayedMessages(harness);
    await harness.send(last === undefined ? [] : [last.message]);
    await harness.run(await harness.receive(), options);
    expect((await harness.urlsOf(taskSid)).toSorted()).toEqual([ticket, other]);
    expect(harness.outcomes().at(-1)).toMatchObject({ outcome: 'reconciled' });
  });
});

const [firstCall, secondCall] = [`CA${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`];

const isRecheck = (body: string, round: number): boolean =>
  JSON.parse(body).meta.recheckRound === round;

const showing = async (harness: SyncHarness, ...tasks: string[]) =>
  Promise.all(tasks.map(async (task) => (await harness.urlsOf(task)).includes(ticket)));

it('a ticket that moves to a Task not found yet is removed at once, and searched for again', async () => {
  const harness = await startSyncHarness();
  const old = await harness.createTask({ call_sid: firstCall });
  await harness.apply(ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true }));
  await harness.apply(ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true }));
  expect(await showing(harness, old)).toEqual([false]);
  expect(harness.outcomes().at(-1)).toMatchObject({
    outcome: 'unmatched',
    disposition: 'requeue',
  });
  expect((await harness.inspect()).delayed).toHaveLength(1);
});

const old = () => ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true });
const later = () => ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true });

it('a ticket that two instances moved at the same time is only on the new Task after the recheck', async () => {
  const harness = await startSyncHarness();
  const first = await harness.createTask({ call_sid: firstCall });
  const second = await harness.createTask({ call_sid: secondCall });
  const options = { confirmAfterSeconds: [20, 90], taskEvents: false };
  await harness.send([later()]);
  const batch = await harness.receive();
  // Another instance links the old conversation between the search of this one and its write.
  let crossed = false;
  const { taskRouter } = harness.options;
  const crossing = {
    ...taskRouter,
    fetchTask: async (sid: string) => {
      if (!crossed) {
        crossed = true;
        await harness.apply(old());
      }
      return taskRouter.fetchTask(sid);
    },
  };
  await harness.run(batch, { taskRouter: crossing, ...options });
  expect(await showing(harness, first, second)).toEqual([true, true]);

  const { delayed } = await harness.inspect();
  const rechecks = delayed.flatMap(({ body }) => (isRecheck(body, 1) ? [body] : []));
  expect(rechecks).toHaveLength(1);
  await harness.send(rechecks);
  await harness.run(await harness.receive(), options);
  expect(await showing(harness, first, second)).toEqual([false, true]);
  const last = (await harness.inspect()).delayed.map(({ body }) => body);
  expect(last.filter((body) => isRecheck(body, 2))).toHaveLength(1);
  expect(last.filter((body) => isRecheck(body, 3))).toEqual([]);
});
