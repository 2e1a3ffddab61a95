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
    const joined = await twilioRequest(emulator, {
      path: '/Tasks?AssignmentStatus=reserved,canceled',
    });
    const { tasks: listed } = (await joined.json()) as { tasks: { sid: string }[] };
    expect(listed.map(({ sid }) => sid)).toEqual([reserved, canceled]);
    expect((await twilioRequest(emulator, { path: '/Tasks?AssignmentStatus=lost' })).status).toBe(
      400,
    );
  });

  it('filters by priority, Workflow, queue, routing target and add-ons', async () => {
    const plain = await create();
    const WorkflowSid = `WW${'1'.repeat(32)}`;
    const routed = await tasks.create({
      priority: 5,
      workflowSid: WorkflowSid,
      taskQueueSid: `WQ${'2'.repeat(32)}`,
      routingTarget: `WK${'3'.repeat(32)}`,
    });
    expect(routed.ignoreCapacity).toBe(true);
    const other = [routed.sid];
    expect(await sids({ priority: 5 })).toEqual(other);
    expect(await sids({ workflowSid: WorkflowSid })).toEqual(other);
    expect(await sids({ taskQueueSid: `WQ${'2'.repeat(32)}` })).toEqual(other);
    expect(await sids({ routingTarget: `WK${'3'.repeat(32)}` })).toEqual(other);
    expect(await sids({ workflowName: 'Assign to Anyone' })).toEqual([plain]);
    expect(await sids({ taskQueueName: 'Everyone' })).toEqual([plain]);
    expect(await sids({ hasAddons: true })).toEqual([]);
    expect(await sids({ hasAddons: false })).toHaveLength(2);
  });

  it('is ordered as asked', async () => {
    const [low, high, alsoHigh] = [await create(1), await create(7), await create(7)];
    expect(await sids({ ordering: 'DateCreated:desc' })).toEqual([alsoHigh, high, low]);
    expect(await sids({ ordering: 'Priority:desc' })).toEqual([high, alsoHigh, low]);
    expect(await sids({ ordering: 'Priority:desc,DateCreated:desc' })).toEqual([
      alsoHigh,
      high,
      low,
    ]);
    for (const ordering of ['Priority', 'Age:asc', 'DateCreated:asc,VirtualStartTime:asc']) {
      await expect(sids({ ordering })).rejects.toMatchObject({ status: 400 });
    }
  });

  it('comes in pages that the SDK follows to the end and back', async () => {
    const all: string[] = [];
    for (let count = 0; count < 5; count += 1) all.push(await create());
    expect(await sids({ pageSize: 2 })).toEqual(all);

    const first = await tasks.page({ pageSize: 2 });
    const second = await first.nextPage();
    const third = await second?.nextPage();
    expect(third?.instances.map(({ sid }) => sid)).toEqual(all.slice(4));
    expect(third?.nextPageUrl).toBeUndefined();
    const back = await third?.previousPage();
    expect(back?.instances.map(({ sid }) => sid)).toEqual(all.slice(2, 4));
    expect(first.previousPageUrl).toBeUndefined();
  });

  it('skips and doubles nothing when Tasks come and go between two pages', async () => {
    const [one, two, three, four] = [
      await create(),
      await create(),
      await create(),
      await create(),
    ];
    const first = await tasks.page({ pageSize: 2, ordering: 'Priority:asc' });
    await tasks(one).remove();
    await tasks(two).remove();
    const five = await create();
    const second = await first.nextPage();
    expect(second?.instances.map(({ sid }) => sid)).toEqual([three, four]);
    const last = await second?.nextPage();
    expect(last?.instances.map(({ sid }) => sid)).toEqual([five]);
  });

  it('keeps its filters in the URLs of its pages', async () => {
    for (let count = 0; count < 3; count += 1) await create(4);
    await create(5);
    const answer = await twilioRequest(emulator, { path: '/Tasks?Priority=4&PageSize=2' });
    const { meta } = (await answer.json()) as { meta: Record<string, string> };
    expect(meta).toMatchObject({ key: 'tasks', page: 0, page_size: 2, previous_page_url: null });
    const next = new URL(meta['next_page_url'] ?? '').searchParams;
    expect(next.get('Priority')).toBe('4');
    expect(next.get('PageSize')).toBe('2');
    expect(next.get('Page')).toBe('1');
  });

  it.each(['PageSize=0', 'PageSize=1001', 'PageSize=many', 'Page=1', 'PageToken=PTnonsense'])(
    'refuses %s',
    async (query) => {
      expect((await twilioRequest(emulator, { path: `/Tasks?${query}` })).status).toBe(400);
    },
  );
});
