import { describe, expect, it } from 'vitest';
import { taskStatuses } from '../../shared/messages/segments.ts';
import { DeadlineExceeded, InvalidResponse } from '../../shared/taskrouter/errors.ts';
import type { CallCounter, TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { page, rejectionOf, scripted, task, taskSid, workspaceSid } from './scripted-server.ts';

const tasksPath = `/v1/Workspaces/${workspaceSid}/Tasks`;
const attributes = '{ "a":1.0, "name":"Zoë & + =" }';

const holdingTask = (ETag: string) =>
  scripted(() => ({ headers: { ETag }, body: { sid: taskSid, attributes } }));

describe('fetchTask and updateAttributes', () => {
  it.each(['"3"', '3', 'W/"x"'])('pass the ETag %s on unchanged, both ways', async (etag) => {
    const { taskRouter, seen } = await holdingTask(etag);

    const read = await taskRouter.fetchTask(taskSid);
    const written = await taskRouter.updateAttributes(taskSid, attributes, read.etag);

    expect(read).toEqual({ sid: taskSid, attributes, etag });
    expect(written).toEqual(read);
    expect(seen[0]).toMatchObject({ method: 'GET', path: `${tasksPath}/${taskSid}` });
    expect(seen[0]?.headers['if-match']).toBeUndefined();
    expect(seen[1]).toMatchObject({ method: 'POST', path: `${tasksPath}/${taskSid}` });
    expect(seen[1]?.headers['if-match']).toBe(etag);
  });

  it('send the attributes unchanged, as a form, and nothing else', async () => {
    const { taskRouter, seen } = await holdingTask('0');

    await taskRouter.updateAttributes(taskSid, attributes, '0');

    expect(seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect([...(seen[0]?.form ?? [])]).toEqual([['Attributes', attributes]]);
  });

  it('authenticate with the API key, and keep the connection', async () => {
    const { taskRouter, seen } = await holdingTask('0');

    await taskRouter.fetchTask(taskSid);
    await taskRouter.fetchTask(taskSid);

    const basic = Buffer.from('SK0:sesame: öffne').toString('base64');
    expect(seen[0]?.headers.authorization).toBe(`Basic ${basic}`);
    expect(seen[1]?.port).toBe(seen[0]?.port);
  });
});

describe('lists', () => {
  const next = (pageToken: string) =>
    `https://taskrouter.twilio.com${tasksPath}?PageToken=${pageToken}&EvaluateTaskAttributes=a%20%3D%3D%201`;

  it('follow next_page_url to the last page, on the configured host', async () => {
    const { taskRouter, seen } = await scripted(({ query }) => ({
      body:
        query.get('PageToken') === null
          ? page('tasks', [task('WT1', {})], next('two'))
          : page('tasks', [task('WT2', { b: 2 })]),
    }));
    const counter = { calls: 0 };

    const found = await taskRouter.evaluate('a == 1', counter);

    expect(found).toEqual([
      { sid: 'WT1', attributes: '{}', status: 'assigned' },
      { sid: 'WT2', attributes: '{"b":2}', status: 'assigned' },
    ]);
    expect(seen[1]?.rawQuery).toBe(new URL(next('two')).search);
    expect(seen[1]?.headers.authorization).toBe(seen[0]?.headers.authorization);
    expect(counter.calls).toBe(2);
  });

  it('send an expression without a plus sign for a space', async () => {
    const { taskRouter, seen } = await scripted(() => ({ body: page('tasks', []) }));
    const expression = 'phone IN ["+15551234567", "a&b"] OR n == 1';

    await taskRouter.evaluate(expression);

    expect(seen[0]?.query.get('EvaluateTaskAttributes')).toBe(expression);
    expect(seen[0]?.rawQuery).not.toContain('+');
  });

  it('request Tasks of every status, a thousand at a time', async () => {
    const { taskRouter, seen } = await scripted(() => ({ body: page('tasks', []) }));

    await taskRouter.listTasks();

    expect(seen[0]?.query.getAll('AssignmentStatus')).toEqual([...taskStatuses]);
    expect(seen[0]?.query.get('PageSize')).toBe('1000');
    expect(seen[0]?.query.has('EvaluateTaskAttributes')).toBe(false);
  });

  it('fetch each Task that comes without its attributes, and omit deleted ones', async () => {
    const { taskRouter } = await scripted(({ path }) => {
      if (path.endsWith('/WT2')) return { headers: { ETag: '0' }, body: task('WT2', { b: 2 }) };
      if (path.endsWith('/WT3')) return { status: 404, body: { code: 20404 } };
      const bare = { attributes: null };
      const others = ['WT2', 'WT3'].map((sid) => ({ sid, ...bare }));
      return { body: page('tasks', [task('WT1', {}), ...others]) };
    });
    const counter = { calls: 0 };

    const found = await taskRouter.listTasks(counter);

    expect(found.map(({ sid, attributes }) => [sid, attributes])).toEqual([
      ['WT1', '{}'],
      ['WT2', '{"b":2}'],
    ]);
    expect(counter.calls).toBe(3);
  });

  it('return all reservations of a Task, one with an unknown status as pending', async () => {
    const path = `${tasksPath}/${taskSid}/Reservations`;
    const { taskRouter, seen } = await scripted(({ query }) => ({
      body:
        query.get('Page') === '1'
          ? page('reservations', [{ sid: 'WR2', reservation_status: 'hovering' }])
          : page(
              'reservations',
              [{ sid: 'WR1', reservation_status: 'wrapping' }],
              `${path}?Page=1`,
            ),
    }));

    expect(await taskRouter.listReservations(taskSid)).toEqual([
      { sid: 'WR1', status: 'wrapping' },
      { sid: 'WR2', status: 'pending' },
    ]);
    expect(seen.map((one) => one.path)).toEqual([path, path]);
  });
});

describe('a list without an end', () => {
  const everyList = [
    ['evaluate', (router, counter) => router.evaluate('a == 1', counter)],
    ['listTasks', (router, counter) => router.listTasks(counter)],
    ['listReservations', (router, counter) => router.listReservations(taskSid, counter)],
  ] satisfies [string, (router: TaskRouter, counter: CallCounter) => Promise<unknown>][];
  /** Every page has one item and the next URL that the function makes of the request and its number. */
  const pagesWith = (nextUrl: (path: string, number: number) => string) => {
    let pages = 0;
    return scripted(({ path, rawQuery }) => {
      pages += 1;
      const item = { ...task('WT1', {}), reservation_status: 'accepted' };
      return { body: page(keyOf(path), [item], nextUrl(path + rawQuery, pages)) };
    });
  };
  const keyOf = (path: string) => (path.endsWith('/Tasks') ? 'tasks' : 'reservations');

  describe.each(everyList)('%s', (_, call) => {
    it.each<[string, number, (path: string, number: number) => string]>([
      ['itself', 2, (path) => path],
      ['two pages in turn', 3, (path, number) => `${path.split('?')[0]}?PageToken=${number % 2}`],
      ['ever new pages', 50, (path, number) => `${path.split('?')[0]}?PageToken=${number}`],
      ['another list', 1, () => '/v1/Workspaces/WS0/Tasks'],
      ['another host', 1, (path) => `https://example.com${path}`],
      ['another scheme', 1, () => 'data:,'],
      ['no URL', 1, () => 'http://['],
    ])('is an error of its own when its pages name %s', async (_name, calls, nextUrl) => {
      const { taskRouter } = await pagesWith(nextUrl);
      const counter = { calls: 0 };
      const failure = await rejectionOf(call(taskRouter, counter));
      expect(failure).toBeInstanceOf(InvalidResponse);
      expect(failure.message).toMatch(/next_page_url that (repeats|is not of|goes on)/);
      expect(counter.calls).toBe(calls);
    });

    it('ends once its signal aborts, with the page in flight', async () => {
      const stop = new AbortController();
      const { taskRouter, seen } = await scripted(({ path, query }, response) => {
        if (!query.has('PageToken')) return { body: page(keyOf(path), [], `${path}?PageToken=1`) };
        response.once('close', isClosed.resolve);
        stop.abort();
        return undefined;
      });
      const isClosed = Promise.withResolvers<void>();
      const counter = { calls: 0, signal: stop.signal };
      expect(await rejectionOf(call(taskRouter, counter))).toBeInstanceOf(DeadlineExceeded);
      await isClosed.promise;
      expect(await rejectionOf(call(taskRouter, counter))).toBeInstanceOf(DeadlineExceeded);
      expect([counter.calls, seen.length]).toEqual([2, 2]);
    });
  });

  it('is not what a write in flight is given up for', async () => {
    const stop = new AbortController();
    const { taskRouter } = await scripted(() => {
      stop.abort();
      return { headers: { ETag: '0' }, body: task(taskSid, {}) };
    });
    const counter = { calls: 0, signal: stop.signal };
    expect(await taskRouter.updateAttributes(taskSid, '{}', '0', counter)).toMatchObject({
      sid: taskSid,
    });
  });
});

it('evaluate keeps its rate over all calls and pages, and holds up nothing else', async () => {
  const { taskRouter, seen } = await scripted(
    ({ path, query }) => {
      if (path !== tasksPath) return { headers: { ETag: '0' }, body: task(taskSid, {}) };
      const more = query.get('PageToken') === null ? `${tasksPath}?PageToken=2` : undefined;
      return { body: page('tasks', [], more) };
    },
    { evaluationsPerSecond: 5 },
  );

  const evaluations = [taskRouter.evaluate('a == 1'), taskRouter.evaluate('b == 1')];
  await taskRouter.fetchTask(taskSid);
  await Promise.all(evaluations);

  const times = seen.filter(({ path }) => path === tasksPath).map(({ at }) => at);
  expect(times).toHaveLength(4);
  // Three intervals of 200 ms, less what the first request may be late.
  expect((times[3] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(400);
  expect(seen.at(-1)?.path).toBe(tasksPath);
});
