import { describe, expect, it } from 'vitest';
import {
  BadRequest,
  Conflict,
  InvalidResponse,
  NotFound,
  Transient,
  Unauthorized,
} from '../../shared/taskrouter/errors.ts';
import { page, rejectionOf, scripted, taskSid } from './scripted-server.ts';

const secrets = { attributes: '{"patient":"Ada"}', expression: 'patient == "Ada"' };
const everyCall = [
  ['fetchTask', (router) => router.fetchTask(taskSid)],
  ['updateAttributes', (router) => router.updateAttributes(taskSid, secrets.attributes, '0')],
  ['listReservations', (router) => router.listReservations(taskSid)],
  ['evaluate', (router) => router.evaluate(secrets.expression)],
  ['listTasks', (router) => router.listTasks()],
] satisfies [string, (router: Awaited<ReturnType<typeof scripted>>['taskRouter']) => unknown][];

/** Twilio's message may repeat what it was sent. */
const errorBody = { code: 20001, message: `cannot use ${JSON.stringify(secrets)}`, status: 0 };

describe('a response that is no success', () => {
  it.each([
    [412, Conflict],
    [401, Unauthorized],
    [403, Unauthorized],
    [408, Transient],
    [429, Transient],
    [500, Transient],
    [503, Transient],
    [302, InvalidResponse],
    [400, BadRequest],
    [409, BadRequest],
    [413, BadRequest],
  ])('with status %i is the same error for every call', async (status, kind) => {
    const { taskRouter } = await scripted(() => ({ status, body: errorBody }));
    for (const [, call] of everyCall) {
      const failure = await rejectionOf(call(taskRouter));
      expect(failure).toBeInstanceOf(kind);
      expect(failure).toMatchObject({ status });
    }
  });

  it.each(everyCall)(
    'is reported by %s without attributes, expression or secret',
    async (_, call) => {
      for (const status of [302, 400, 401, 404, 412, 429, 500]) {
        const { taskRouter } = await scripted(() => ({ status, body: errorBody }));
        const { message, cause } = await rejectionOf(call(taskRouter));
        expect(message).toContain(String(status));
        expect(message).toContain('https://www.twilio.com/docs/api/errors/20001');
        expect(message).not.toMatch(/patient|Ada|sesame|Basic/);
        expect(cause).toBeUndefined();
      }
    },
  );

  it('with status 404 means a deleted Task, once the Workspace is known to exist', async () => {
    const { taskRouter, seen } = await scripted(({ path }) =>
      path.endsWith('/Tasks')
        ? { body: page('tasks', []) }
        : { status: 404, body: { code: 20404 } },
    );
    for (const [, call] of everyCall.slice(0, 3)) {
      expect(await rejectionOf(call(taskRouter))).toBeInstanceOf(NotFound);
    }
    expect(seen.filter(({ path }) => path.endsWith('/Tasks'))).toHaveLength(1);
    expect(seen).toHaveLength(4);
  });

  it.each([
    ['and no error of Twilio is not believed', '<h1>Not found</h1>', InvalidResponse],
    ['for every request means a Workspace that is not ours', { code: 20404 }, Unauthorized],
  ])('with status 404 %s', async (_, body, kind) => {
    const { taskRouter } = await scripted(() => ({ status: 404, body }));
    for (const [, call] of everyCall) {
      expect(await rejectionOf(call(taskRouter))).toBeInstanceOf(kind);
    }
  });

  it('need not be JSON', async () => {
    const { taskRouter } = await scripted(() => ({ status: 502, body: '<html>Bad Gateway' }));
    const failure = await rejectionOf(taskRouter.fetchTask(taskSid));
    expect(failure).toBeInstanceOf(Transient);
    expect(failure.message).toBe(`GET Task ${taskSid}: TaskRouter responded 502`);
  });

  it('fails a list on any page', async () => {
    const { taskRouter } = await scripted(({ query }) =>
      query.has('PageToken') ? { status: 503 } : { body: page('tasks', [], '?PageToken=1') },
    );
    const counter = { calls: 0 };
    expect(await rejectionOf(taskRouter.listTasks(counter))).toBeInstanceOf(Transient);
    expect(counter.calls).toBe(2);
  });
});

describe('a success that is not as documented', () => {
  it.each(['', '<html>hello Ada', '{"sid":"WT1","attributes":"{\\"patient'])(
    'is no response of TaskRouter if it is not JSON: %j',
    async (body) => {
      const { taskRouter } = await scripted(() => ({ headers: { ETag: '0' }, body }));
      for (const [, call] of everyCall) {
        const failure = await rejectionOf(call(taskRouter));
        expect(failure).toBeInstanceOf(InvalidResponse);
        expect(failure.message).not.toMatch(/patient|Ada/);
        expect(failure.cause).toBeUndefined();
      }
    },
  );

  it.each([
    ['headers.etag', {}, { sid: taskSid, attributes: '{}' }],
    ['body.attributes', { ETag: '0' }, { sid: taskSid, attributes: null }],
    ['body.sid', { ETag: '0' }, { attributes: '{}' }],
    ['body.sid', { ETag: '0' }, { sid: `WT${'2'.repeat(32)}`, attributes: '{}' }],
    ['body.sid', { ETag: '0' }, []],
    ['body.sid', { ETag: '0' }, { code: 20404, message: 'not found', status: 404 }],
    ['content', { ETag: '0' }, 'null'],
  ])('is no Task for a read or a write: no usable %s', async (missing, headers, body) => {
    const { taskRouter } = await scripted(() => ({ headers, body }));

    const read = await rejectionOf(taskRouter.fetchTask(taskSid));
    const write = await rejectionOf(taskRouter.updateAttributes(taskSid, '{}', '0'));

    expect([read, write].every((error) => error instanceof InvalidResponse)).toBe(true);
    expect(read.message).toBe(`GET Task ${taskSid}: response without usable ${missing}`);
    expect(write.message).toBe(`POST Task ${taskSid}: response without usable ${missing}`);
  });

  it.each([
    {},
    [],
    'null',
    { errors: [] },
    { meta: { key: 'x' }, x: [] },
    { meta: { key: 'tasks' } },
    { tasks: [], reservations: [] },
    { tasks: null, reservations: null, meta: { key: 'tasks' } },
    { ...page('tasks', [null]), reservations: [null] },
    { ...page('tasks', [{ attributes: '{}' }]), reservations: [{ sid: 'WR1' }] },
    { tasks: [], reservations: [], meta: { next_page_url: 7 } },
  ])('is no list: %j', async (body) => {
    const { taskRouter } = await scripted(() => ({ body }));
    for (const [, call] of everyCall.slice(2)) {
      expect(await rejectionOf(call(taskRouter))).toBeInstanceOf(InvalidResponse);
    }
  });
});
