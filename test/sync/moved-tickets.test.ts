import { describe, expect, it } from 'vitest';
import { ticketChange } from './messages.ts';
import { type SyncHarness, startSyncHarness } from './sync-harness.ts';

const ticket = 'https://acme.zendesk.com/agent/tickets/7';
const [firstCall, secondCall] = [`CA${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`];
const chat = `CH${'3'.repeat(32)}`;

const run = async (harness: SyncHarness, ...changes: ReturnType<typeof ticketChange>[]) => {
  for (const change of changes) {
    await harness.send([change]);
    await harness.run(await harness.receive());
  }
};
const isRecheck = (body: string, round: number): boolean =>
  JSON.parse(body).meta.recheckRound === round;

const showing = async (harness: SyncHarness, ...tasks: string[]) =>
  Promise.all(tasks.map(async (task) => (await harness.urlsOf(task)).includes(ticket)));

describe('a ticket that moves', () => {
  it('is removed from the old conversation and linked to the new one, with one search a batch', async () => {
    const harness = await startSyncHarness();
    const old = await harness.createTask({ call_sid: firstCall });
    const now = await harness.createTask({ call_sid: secondCall });
    const before = ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true });
    const after = ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true });
    await run(harness, before);
    expect(await showing(harness, old, now)).toEqual([true, false]);
    await run(harness, after);
    expect(await showing(harness, old, now)).toEqual([false, true]);
    await run(harness, before);
    expect(await showing(harness, old, now)).toEqual([false, true]);
    expect(harness.outcomes().map(({ outcome }) => outcome)).toEqual(['linked', 'linked', 'stale']);
    expect((await harness.stats()).calls.evaluate).toBe(3);
  });

  it('is removed from the old one at once, and searched for again, if the new one is not found yet', async () => {
    const harness = await startSyncHarness();
    const old = await harness.createTask({ call_sid: firstCall });
    await run(harness, ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true }));
    await run(harness, ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true }));
    expect(await showing(harness, old)).toEqual([false]);
    expect(harness.outcomes().at(-1)).toMatchObject({
      outcome: 'unmatched',
      disposition: 'requeue',
    });
    expect((await harness.inspect()).delayed).toHaveLength(1);
  });

  it('costs no further request to the Task that it has left', async () => {
    const harness = await startSyncHarness();
    await harness.createTask({ call_sid: firstCall });
    await harness.createTask({ call_sid: secondCall });
    await run(harness, ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true }));
    await run(harness, ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true }));
    const before = (await harness.stats()).calls.fetchTask;
    await run(
      harness,
      ticketChange(7, { callSid: secondCall }, { version: '11', exclusive: true }),
    );
    expect((await harness.stats()).calls.fetchTask).toBe(before + 1);
  });
});

describe('a ticket that moves while another message of it is in progress', () => {
  const old = () => ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true });
  const later = () => ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true });
  const deleted = () => ticketChange(7, {}, { version: '9', link: null, exclusive: true });
  const together = async (harness: SyncHarness, ...changes: ReturnType<typeof ticketChange>[]) => {
    await harness.send(changes);
    await harness.run(await harness.receive());
  };

  it.each([
    ['in order', () => [old(), later()]],
    ['in the other order', () => [later(), old()]],
  ])('is only on the new conversation if both are in one batch, %s', async (_, changes) => {
    const harness = await startSyncHarness();
    const first = await harness.createTask({ call_sid: firstCall });
    const second = await harness.createTask({ call_sid: secondCall });
    await together(harness, ...changes());
    expect(await showing(harness, first, second)).toEqual([false, true]);
    expect(
      harness
        .outcomes()
        .map(({ outcome }) => outcome)
        .toSorted(),
    ).toEqual(['linked', 'stale']);
  });

  it('is nowhere once it is deleted, even with its link in the same batch', async () => {
    const harness = await startSyncHarness();
    const first = await harness.createTask({ call_sid: firstCall });
    await together(harness, old(), deleted());
    expect(await showing(harness, first)).toEqual([false]);
    await together(harness, old());
    expect(await showing(harness, first)).toEqual([false]);
  });

  it('stays on a Task that names it if another change of the batch moves it', async () => {
    const harness = await startSyncHarness();
    const naming = await harness.createTask({ zd_ticket_id: '7' });
    const second = await harness.createTask({ call_sid: secondCall });
    const attribute = { name: 'zd_ticket_id', value: '7' };
    await together(
      harness,
      ticketChange(7, { attribute }, { version: '5' }),
      ticketChange(7, { callSid: secondCall, attribute }, { version: '9', exclusive: true }),
    );
    expect(await showing(harness, naming, second)).toEqual([true, true]);
  });

  it('is only on the new one after the recheck, if two instances ran at the same time', async () => {
    const harness = await startSyncHarness();
    const first = await harness.createTask({ call_sid: firstCall });
    const second = await harness.createTask({ call_sid: secondCall });
    const confirmAfterSeconds = [20, 90];
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
          await together(harness, old());
        }
        return taskRouter.fetchTask(sid);
      },
    };
    await harness.run(batch, { taskRouter: crossing, confirmAfterSeconds });
    expect(await showing(harness, first, second)).toEqual([true, true]);

    const { delayed } = await harness.inspect();
    const rechecks = delayed.flatMap(({ body }) => (isRecheck(body, 1) ? [body] : []));
    expect(rechecks).toHaveLength(1);
    await harness.send(rechecks);
    await harness.run(await harness.receive(), { confirmAfterSeconds });
    expect(await showing(harness, first, second)).toEqual([false, true]);
    const last = (await harness.inspect()).delayed.map(({ body }) => body);
    expect(last.filter((body) => isRecheck(body, 2))).toHaveLength(1);
    expect(last.filter((body) => isRecheck(body, 3))).toEqual([]);
  });
});

describe('one ticket on several Tasks', () => {
  it('is on the call and on the chat that it names, and on the Task that names it', async () => {
    const harness = await startSyncHarness();
    const attribute = { name: 'zd_ticket_id', value: '7' };
    const call = await harness.createTask({ call_sid: firstCall });
    const messaging = await harness.createTask({ conversationSid: chat });
    const followUp = await harness.createTask({ zd_ticket_id: '7' });
    await run(
      harness,
      ticketChange(7, { attribute }, { version: '3' }),
      ticketChange(
        7,
        { callSid: firstCall, conversationSid: chat, attribute },
        { version: '5', exclusive: true },
      ),
    );
    expect(await showing(harness, call, messaging, followUp)).toEqual([true, true, true]);

    await run(
      harness,
      ticketChange(7, { attribute }, { version: '6', link: null, exclusive: true }),
    );
    expect(await showing(harness, call, messaging, followUp)).toEqual([false, false, false]);
  });
});

describe('several tickets on one Task', () => {
  it('are beside each other, and leave one by one', async () => {
    const harness = await startSyncHarness();
    const call = await harness.createTask({ call_sid: firstCall });
    await run(
      harness,
      ticketChange(7, { callSid: firstCall }, { exclusive: true }),
      ticketChange(8, { callSid: firstCall }, { exclusive: true }),
    );
    expect(await harness.urlsOf(call)).toHaveLength(2);
    await run(harness, ticketChange(8, { callSid: secondCall }, { version: '2', exclusive: true }));
    expect(await harness.urlsOf(call)).toEqual([ticket]);
  });
});
