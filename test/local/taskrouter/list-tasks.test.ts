import { beforeEach, describe, expect, it } from 'vitest';
import type { TaskRouterEmulator } from '../../../local/taskrouter/emulator.ts';
import { offerTask, startEmulator, twilioRequest, workspaceOf } from './client.ts';

describe('a list of Tasks', () => {
  let emulator: TaskRouterEmulator;
  let tasks: ReturnType<typeof workspaceOf>['tasks'];
  beforeEach(async () => {
    emulator = await startEmulator();
    tasks = workspaceOf(emulator).tasks;
  });
  const create = async (priority = 0) => (await tasks.create({ priority })).sid;
  const sids = async (options: Parameters<typeof tasks.list>[0]) =>
    (await tasks.list(options)).map(({ sid }) => sid);

  it('holds the oldest first, with their attributes', async () => {
    const [one, two] = [await create(), await create()];
    expect(await sids({})).toEqual([one, two]);
    expect((await tasks.list({ limit: 1 }))[0]?.attributes).toBe('{}');
  });

  it('takes several statuses, repeated or joined by commas', async () => {
    const pending = await create();
    const reserved = await create();
    const canceled = await create();
    await offerTask(emulator, reserved);
    await tasks(canceled).update({ assignmentStatus: 'canceled' });

    expect(await sids({ assignmentStatus: ['pending', 'reserved'] })).toEqual([pending, reserved]);
    const list = (statuses: string) =>
      twilioRequest(emulator, { path: `/Tasks?AssignmentStatus=${statuses}` });
    const joined = await list('reserved,canceled');
    const { tasks: listed } = (await joined.json()) as { tasks: { sid: string }[] };
    expect(listed.map(({ sid }) => sid)).toEqual([reserved, canceled]);
    expect((await list('lost')).status).toBe(400);
  });

  it('filters by priority, Workflow, queue, routing target and add-ons', async () => {
    const plain = await create();
    const given = {
      ...{ priority: 5, workflowSid: `WW${'1'.repeat(32)}` },
      ...{ taskQueueSid: `WQ${'2'.repeat(32)}`, routingTarget: `WK${'3'.repeat(32)}` },
    };
    const { sid, ignoreCapacity } = await tasks.create(given);
    expect(ignoreCapacity).toBe(true);
    for (const [name, value] of Object.entries(given)) {
      expect(await sids({ [name]: value })).toEqual([sid]);
    }
    expect(await sids({ workflowName: 'Assign to Anyone' })).toEqual([plain]);
    expect(await sids({ taskQueueName: 'Everyone' })).toEqual([plain]);
    expect(await sids({ hasAddons: true })).toEqual([]);
    expect(await sids({ hasAddons: false })).toHaveLength(2);
  });

  it('comes in pages that the SDK follows to the end and back, with its filters', async () => {
    const all: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      all.push(await create(4));
      await create(5);
    }
    expect(await sids({ priority: 4, pageSize: 2 })).toEqual(all);

    const first = await tasks.page({ priority: 4, pageSize: 2 });
    const second = await first.nextPage();
    const third = await second?.nextPage();
    expect(third?.instances.map(({ sid }) => sid)).toEqual(all.slice(4));
    expect(third?.nextPageUrl).toBeUndefined();
    const back = await third?.previousPage();
    expect(back?.instances.map(({ sid }) => sid)).toEqual(all.slice(2, 4));
    expect(first.previousPageUrl).toBeUndefined();
  });

  it('skips and doubles nothing when Tasks come and go between two pages', async () => {
    const [one, two] = [await create(), await create()];
    const [three, four] = [await create(), await create()];
    const first = await tasks.page({ pageSize: 2, ordering: 'Priority:asc' });
    await tasks(one).remove();
    await tasks(two).remove();
    const five = await create();
    const second = await first.nextPage();
    expect(second?.instances.map(({ sid }) => sid)).toEqual([three, four]);
    const last = await second?.nextPage();
    expect(last?.instances.map(({ sid }) => sid)).toEqual([five]);
  });

  it.each(['PageSize=0', 'PageSize=1001', 'PageSize=many', 'Page=1', 'PageToken=PTnonsense'])(
    'refuses %s',
    async (query) => {
      expect((await twilioRequest(emulator, { path: `/Tasks?${query}` })).status).toBe(400);
    },
  );
});

describe('EvaluateTaskAttributes', () => {
  it('lists the Tasks whose attributes satisfy it, on top of the other filters', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    const attributes = (call_sid: string) => JSON.stringify({ call_sid });
    const wanted = await tasks.create({ attributes: attributes('CA1') });
    await tasks.create({ attributes: attributes('CA2') });
    const done = await tasks.create({ attributes: attributes('CA1') });
    await tasks(done.sid).update({ assignmentStatus: 'canceled' });
    const found = await tasks.list({
      evaluateTaskAttributes: "call_sid == 'CA1'",
      assignmentStatus: ['pending', 'reserved', 'assigned', 'wrapping'],
    });
    expect(found.map(({ sid }) => sid)).toEqual([wanted.sid]);
  });

  it('is a 400 when it is malformed', async () => {
    const { tasks } = workspaceOf(await startEmulator());
    await expect(
      tasks.list({ evaluateTaskAttributes: 'customer-value == "gold"' }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('hyphens') });
  });

  it('is served three times in any second and is a 429 beyond', async () => {
    let time = 0;
    const emulator = await startEmulator({ now: () => time, settings: { retryAfterSeconds: 1 } });
    const ask = () => twilioRequest(emulator, { path: '/Tasks?EvaluateTaskAttributes=a==1' });
    const askAt = async (at: number) => {
      time = at;
      return (await ask()).status;
    };
    expect([await askAt(0), await askAt(400), await askAt(800)]).toEqual([200, 200, 200]);
    expect(await askAt(999)).toBe(429);
    expect(await askAt(1000)).toBe(200);
    expect(await askAt(1001)).toBe(429);
    expect(await askAt(1400)).toBe(200);

    const refused = await ask();
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 20429, status: 429 });
    expect((await twilioRequest(emulator, { path: '/Tasks' })).status).toBe(200);
  });
});
