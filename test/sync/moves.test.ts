import { describe, expect, it } from 'vitest';
import { Transient } from '../../shared/taskrouter/failures.ts';
import { changeOf } from './changes.ts';
import { receivedTimes, startWorld, type World } from './world.ts';

const ticket = 'https://acme.zendesk.com/agent/tickets/7';
const [firstCall, secondCall] = [`CA${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`];
const chat = `CH${'3'.repeat(32)}`;

const run = async (world: World, ...changes: ReturnType<typeof changeOf>[]) => {
  for (const change of changes) {
    await world.send([change]);
    await world.run(await world.receive());
  }
};
const showing = async (world: World, ...tasks: string[]) =>
  Promise.all(tasks.map(async (task) => (await world.urlsOf(task)).includes(ticket)));

describe('a ticket that moves', () => {
  it('leaves the old conversation and comes to the new one, with one search for each batch', async () => {
    const world = await startWorld();
    const old = await world.createTask({ call_sid: firstCall });
    const now = await world.createTask({ call_sid: secondCall });
    const before = changeOf(7, { callSid: firstCall }, { version: '5', exclusive: true });
    const after = changeOf(7, { callSid: secondCall }, { version: '9', exclusive: true });
    await run(world, before);
    expect(await showing(world, old, now)).toEqual([true, false]);
    await run(world, after);
    expect(await showing(world, old, now)).toEqual([false, true]);
    await run(world, before);
    expect(await showing(world, old, now)).toEqual([false, true]);
    expect(world.outcomes().map(({ outcome }) => outcome)).toEqual(['linked', 'linked', 'stale']);
    expect((await world.stats()).calls.evaluate).toBe(3);
  });

  it('comes to the new one alone when what put it on the old one is late', async () => {
    const world = await startWorld();
    const old = await world.createTask({ call_sid: firstCall });
    const now = await world.createTask({ call_sid: secondCall });
    await run(
      world,
      changeOf(7, { callSid: secondCall }, { version: '9', exclusive: true }),
      changeOf(7, { callSid: firstCall }, { version: '5', exclusive: true }),
    );
    expect(await showing(world, old, now)).toEqual([false, true]);
  });

  it('leaves the old one at once, and is still looked for where the new one is not found yet', async () => {
    const world = await startWorld();
    const old = await world.createTask({ call_sid: firstCall });
    await run(world, changeOf(7, { callSid: firstCall }, { version: '5', exclusive: true }));
    await run(world, changeOf(7, { callSid: secondCall }, { version: '9', exclusive: true }));
    expect(await showing(world, old)).toEqual([false]);
    expect(world.outcomes().at(-1)).toMatchObject({ outcome: 'unmatched', next: 'send-again' });
    expect((await world.inspect()).delayed).toHaveLength(1);
  });

  it('costs the Task that it has left no further visit', async () => {
    const world = await startWorld();
    await world.createTask({ call_sid: firstCall });
    await world.createTask({ call_sid: secondCall });
    await run(world, changeOf(7, { callSid: firstCall }, { version: '5', exclusive: true }));
    await run(world, changeOf(7, { callSid: secondCall }, { version: '9', exclusive: true }));
    const before = (await world.stats()).calls.fetchTask;
    await run(world, changeOf(7, { callSid: secondCall }, { version: '11', exclusive: true }));
    expect((await world.stats()).calls.fetchTask).toBe(before + 1);
  });
});

describe('a ticket that moves while another message of it is under way', () => {
  const old = () => changeOf(7, { callSid: firstCall }, { version: '5', exclusive: true });
  const later = () => changeOf(7, { callSid: secondCall }, { version: '9', exclusive: true });
  const deleted = () => changeOf(7, {}, { version: '9', link: null, exclusive: true });
  const together = async (world: World, ...changes: ReturnType<typeof changeOf>[]) => {
    await world.send(changes);
    await world.run(await world.receive());
  };

  it.each([
    ['in order', () => [old(), later()]],
    ['in the other order', () => [later(), old()]],
  ])('is on the new conversation alone, both in one batch, %s', async (_, changes) => {
    const world = await startWorld();
    const first = await world.createTask({ call_sid: firstCall });
    const second = await world.createTask({ call_sid: secondCall });
    await together(world, ...changes());
    expect(await showing(world, first, second)).toEqual([false, true]);
    expect(
      world
        .outcomes()
        .map(({ outcome }) => outcome)
        .toSorted(),
    ).toEqual(['linked', 'stale']);
  });

  it('is nowhere once it is deleted, link and deletion in one batch, and stays so', async () => {
    const world = await startWorld();
    const first = await world.createTask({ call_sid: firstCall });
    await together(world, old(), deleted());
    expect(await showing(world, first)).toEqual([false]);
    await together(world, old());
    expect(await showing(world, first)).toEqual([false]);
  });

  it('is kept by a Task that names it, in one batch with a change that puts it elsewhere', async () => {
    const world = await startWorld();
    const naming = await world.createTask({ zd_ticket_id: '7' });
    const second = await world.createTask({ call_sid: secondCall });
    const attribute = { name: 'zd_ticket_id', value: '7' };
    await together(
      world,
      changeOf(7, { attribute }, { version: '5' }),
      changeOf(7, { callSid: secondCall, attribute }, { version: '9', exclusive: true }),
    );
    expect(await showing(world, naming, second)).toEqual([true, true]);
  });

  it('is on the new one alone after the second look, where two instances did not see each other', async () => {
    const world = await startWorld();
    const first = await world.createTask({ call_sid: firstCall });
    const second = await world.createTask({ call_sid: secondCall });
    const confirmAfterSeconds = [20, 90];
    await world.send([later()]);
    const batch = await world.receive();
    // Another instance links the old conversation between the search of this one and its write.
    let crossed = false;
    const { taskRouter } = world.options;
    const crossing = {
      ...taskRouter,
      fetchTask: async (sid: string) => {
        if (!crossed) {
          crossed = true;
          await together(world, old());
        }
        return taskRouter.fetchTask(sid);
      },
    };
    await world.run(batch, { taskRouter: crossing, confirmAfterSeconds });
    expect(await showing(world, first, second)).toEqual([true, true]);

    const { delayed } = await world.inspect();
    const looks = delayed.map(({ body }) => body).filter((body) => body.includes('"looks":1'));
    expect(looks).toHaveLength(1);
    await world.send(looks);
    await world.run(await world.receive(), { confirmAfterSeconds });
    expect(await showing(world, first, second)).toEqual([false, true]);
    const last = (await world.inspect()).delayed.map(({ body }) => body);
    expect(last.filter((body) => body.includes('"looks":2'))).toHaveLength(1);
    expect(last.filter((body) => body.includes('"looks":3'))).toEqual([]);
  });
});

describe('a change that is alone and was cut off after its write', () => {
  it('gets its second look from the try that finds it done', async () => {
    const world = await startWorld();
    const taskSid = await world.createTask({ call_sid: secondCall });
    const confirmAfterSeconds = [20, 90];
    await world.send([changeOf(7, { callSid: secondCall }, { exclusive: true })]);
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
    const bodies = async () => (await world.inspect()).delayed.map(({ body }) => body);
    expect(await bodies()).toEqual([]);
    expect(await world.urlsOf(taskSid)).toHaveLength(1);

    const again = { Records: batch.Records.map((record) => receivedTimes(2, record)) };
    await world.run(again, { confirmAfterSeconds });
    expect(world.outcomes().at(-1)).toMatchObject({ outcome: 'unchanged' });
    expect((await bodies()).filter((body) => body.includes('"looks":1'))).toHaveLength(1);
  });
});

describe('one ticket on several Tasks', () => {
  it('stands on the call and on the chat that it names, and on one that names it', async () => {
    const world = await startWorld();
    const attribute = { name: 'zd_ticket_id', value: '7' };
    const call = await world.createTask({ call_sid: firstCall });
    const messaging = await world.createTask({ conversationSid: chat });
    const followUp = await world.createTask({ zd_ticket_id: '7' });
    await run(
      world,
      changeOf(7, { attribute }, { version: '3' }),
      changeOf(
        7,
        { callSid: firstCall, conversationSid: chat, attribute },
        { version: '5', exclusive: true },
      ),
    );
    expect(await showing(world, call, messaging, followUp)).toEqual([true, true, true]);

    await run(world, changeOf(7, { attribute }, { version: '6', link: null, exclusive: true }));
    expect(await showing(world, call, messaging, followUp)).toEqual([false, false, false]);
  });
});

describe('several tickets on one Task', () => {
  it('stand beside each other, and leave one by one', async () => {
    const world = await startWorld();
    const call = await world.createTask({ call_sid: firstCall });
    await run(
      world,
      changeOf(7, { callSid: firstCall }, { exclusive: true }),
      changeOf(8, { callSid: firstCall }, { exclusive: true }),
    );
    expect(await world.urlsOf(call)).toHaveLength(2);
    await run(world, changeOf(8, { callSid: secondCall }, { version: '2', exclusive: true }));
    expect(await world.urlsOf(call)).toEqual([ticket]);
  });

  it('are the one that others were merged into, wherever these were', async () => {
    const world = await startWorld();
    const call = await world.createTask({ call_sid: firstCall });
    await run(
      world,
      changeOf(6, { callSid: firstCall }, { exclusive: true }),
      changeOf(6, {}, { version: '4', link: null, exclusive: true }),
      changeOf(7, { replaces: 'zendesk/6' }, { version: '4' }),
    );
    expect(await world.urlsOf(call)).toEqual([ticket]);
  });
});
