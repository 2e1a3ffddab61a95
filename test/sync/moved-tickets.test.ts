import { describe, expect, it } from 'vitest';
import { ticketChange } from './messages.ts';
import { type SyncHarness, startSyncHarness } from './sync-harness.ts';

const ticket = 'https://acme.zendesk.com/agent/tickets/7';
const [firstCall, secondCall] = [`CA${'1'.repeat(32)}`, `CA${'2'.repeat(32)}`];

const run = async (harness: SyncHarness, ...changes: ReturnType<typeof ticketChange>[]) => {
  for (const change of changes) {
    await harness.apply(change);
  }
};
const isRecheck = (body: string, round: number): boolean =>
  JSON.parse(body).meta.recheckRound === round;

const showing = async (harness: SyncHarness, ...tasks: string[]) =>
  Promise.all(tasks.map(async (task) => (await harness.urlsOf(task)).includes(ticket)));

describe('a ticket that moves', () => {
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
});

describe('a ticket that moves while another message of it is in progress', () => {
  const old = () => ticketChange(7, { callSid: firstCall }, { version: '5', exclusive: true });
  const later = () => ticketChange(7, { callSid: secondCall }, { version: '9', exclusive: true });
  const together = async (harness: SyncHarness, ...changes: ReturnType<typeof ticketChange>[]) => {
    await harness.apply(...changes);
  };

  it('is only on the new one after the recheck, if two instances ran at the same time', async () => {
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
          await together(harness, old());
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
});
