import { describe, expect, it } from 'vitest';
import { Transient } from '../../shared/taskrouter/errors.ts';
import { ticketChange } from './messages.ts';
import { type SyncHarness, startSyncHarness, withReceiveCount } from './sync-harness.ts';

const ticket = 'https://acme.zendesk.com/agent/tickets/7';
const [firstCall, secondCall] = [`CA${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`];
const chat = `CH${'3'.repeat(32)}`;

const run = async (harness: SyncHarness, ...changes: ReturnType<typeof ticketChange>[]) => {
  for (const change of changes) {
    await harness.send([change]);
    await harness.run(await harness.receive());
  }
};
const showing = async (harness: SyncHarness, ...tasks: string[]) =>
  Promise.all(tasks.map(async (task) => (await harness.urlsOf(task)).includes(ticket)));

describe('a ticket that moves', () => {
  it('leaves the old conversation and comes to the new one, with one search for each batch', async () => {
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

  it('comes to the new one alone when what put it on the old one is late', async () => {
    const harness = await startSyncHarness();
    const old = await harness.createTask({ call_sid: firstCall });
    const now = await harness.createTask({ call_sid: secondCall });
    await run(
      harness,
      ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true }),
      ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true }),
    );
    expect(await showing(harness, old, now)).toEqual([false, true]);
  });

  it('leaves the old one at once, and is still looked for where the new one is not found yet', async () => {
    const harness = await startSyncHarness();
    const old = await harness.createTask({ call_sid: firstCall });
    await run(harness, ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true }));
    await run(harness, ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true }));
    expect(await showing(harness, old)).toEqual([false]);
    expect(harness.outcomes().at(-1)).toMatchObject({ outcome: 'unmatched', next: 'send-again' });
    expect((await harness.inspect()).delayed).toHaveLength(1);
  });

  it('costs the Task that it has left no further visit', async () => {
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

describe('a ticket that moves while another message of it is under way', () => {
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
  ])('is on the new conversation alone, both in one batch, %s', async (_, changes) => {
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

  it('is nowhere once it is deleted, link and deletion in one batch, and stays so', async () => {
    const harness = await startSyncHarness();
    const first = await harness.createTask({ call_sid: firstCall });
    await together(harness, old(), deleted());
    expect(await showing(harness, first)).toEqual([false]);
    await together(harness, old());
    expect(await showing(harness, first)).toEqual([false]);
  });

  it('is kept by a Task that names it, in one batch with a change that puts it elsewhere', async () => {
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

  it('is on the new one alone after the second look, where two instances did not see each other', async () => {
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
    const looks = delayed.map(({ body }) => body).filter((body) => body.includes('"looks":1'));
    expect(looks).toHaveLength(1);
    await harness.send(looks);
    await harness.run(await harness.receive(), { confirmAfterSeconds });
    expect(await showing(harness, first, second)).toEqual([false, true]);
    const last = (await harness.inspect()).delayed.map(({ body }) => body);
    expect(last.filter((body) => body.includes('"looks":2'))).toHaveLength(1);
    expect(last.filter((body) => body.includes('"looks":3'))).toEqual([]);
  });
});

describe('a change that is alone and was cut off after its write', () => {
  it('gets its second look from the try that finds it done', async () => {
    const harness = await startSyncHarness();
    const taskSid = await harness.createTask({ call_sid: secondCall });
    const confirmAfterSeconds = [20, 90];
    await harness.send([ticketChange(7, { callSid: secondCall }, { exclusive: true })]);
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
    const bodies = async () => (await harness.inspect()).delayed.map(({ body }) => body);
    expect(await bodies()).toEqual([]);
    expect(await harness.urlsOf(taskSid)).toHaveLength(1);

    const again = { Records: batch.Records.map((record) => withReceiveCount(2, record)) };
    await harness.run(again, { confirmAfterSeconds });
    expect(harness.outcomes().at(-1)).toMatchObject({ outcome: 'unchanged' });
    expect((await bodies()).filter((body) => body.includes('"looks":1'))).toHaveLength(1);
  });
});

describe('one ticket on several Tasks', () => {
  it('stands on the call and on the chat that it names, and on one that names it', async () => {
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
  it('stand beside each other, and leave one by one', async () => {
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

  it('are the one that others were merged into, wherever these were', async () => {
    const harness = await startSyncHarness();
    const call = await harness.createTask({ call_sid: firstCall });
    await run(
      harness,
      ticketChange(6, { callSid: firstCall }, { exclusive: true }),
      ticketChange(6, {}, { version: '4', link: null, exclusive: true }),
      ticketChange(7, { replaces: 'zendesk/6' }, { version: '4' }),
    );
    expect(await harness.urlsOf(call)).toEqual([ticket]);
  });
});
