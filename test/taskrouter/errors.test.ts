import { describe, expect, it } from 'vitest';
import {
  BadRequest,
  Conflict,
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
    [302, Transient],
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
    expect(await rejectionOf(taskRouter.fetchTask(taskSid))).toBeInstanceOf(NotFound);
    expect(await rejectionOf(taskRouter.updateAttributes(taskSid, '{}', '0'))).toBeInstanceOf(
      NotFound,
    );
    expect(await rejectionOf(taskRouter.listReservations(taskSid))).toBeInstanceOf(NotFound);
    expect(seen.filter(({ path }) => path.endsWith('/Tasks'))).toHaveLength(1);
    expect(seen).toHaveLength(4);
  });

  it('with status 404 for every request means a Workspace that is not ours', async () => {
    const { taskRouter } = await scripted(() => ({ status: 404, body: { code: 20404 } }));
    expect(await rejectionOf(taskRouter.fetchTask(taskSid))).toBeInstanceOf(Unauthorized);
    expect(await rejectionOf(taskRouter.updateAttributes(taskSid, '{}', '0'))).toBeInstanceOf(
      Unauthorized,
    );
    expect(await rejectionOf(taskRouter.listReservations(taskSid))).toBeInstanceOf(Unauthorized);
    expect(await rejectionOf(taskRouter.evaluate('a == 1'))).toBeInstanceOf(Unauthorized);
    expect(await rejectionOf(taskRouter.listTasks())).toBeInstanceOf(Unauthorized);
  });

  it('need not be JSON', async () => {
    const { taskRouter } = await scripted(() => ({ status: 502, body: '<html>Bad Gateway' }));
    const failure = await rejectionOf(taskRouter.fetchTask(taskSid));
    expect(failure).toBeInstanceOf(Transient);
    expect(failure.message).toBe(`GET Task ${taskSid}: TaskRouter responded 502`);
  });

  it('may say how long to wait', async () => {
    const { taskRouter } = await scripted(({ method }) => ({
      status: 429,
      headers: {
        'Retry-After': method === 'GET' ? '7' : new Date(Date.now() + 60_000).toUTCString(),
      },
    }));

    const seconds = await rejectionOf(taskRouter.fetchTask(taskSid));
    const date = await rejectionOf(taskRouter.updateAttributes(taskSid, '{}', '0'));

    expect(seconds).toMatchObject({ retryAfterMs: 7000 });
    expect((date as Transient).retryAfterMs).toBeGreaterThan(50_000);
    expect((date as Transient).retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('fails a list on any page', async () => {
    const { taskRouter } = await scripted(({ query }) =>
      query.has('PageToken')
        ? { status: 503 }
        : { body: page('tasks', [], 'https://taskrouter.twilio.com/v1/x?PageToken=1') },
    );
    const counter = { calls: 0 };
    expect(await rejectionOf(taskRouter.listTasks(counter))).toBeInstanceOf(Transient);
    expect(counter.calls).toBe(2);
  });
});

describe('a success that is not as documented', () => {
  it.each(['', '<html>hello Ada', '{"sid":"WT1","attributes":"{\\"patient'])(
    'is transient if it is not JSON: %j',
    async (body) => {
      const { taskRouter } = await scripted(() => ({ headers: { ETag: '0' }, body }));
      for (const [, call] of everyCall) {
        const failure = await rejectionOf(call(taskRouter));
        expect(failure).toBeInstanceOf(Transient);
        expect(failure.message).not.toMatch(/patient|Ada/);
        expect(failure.cause).toBeUndefined();
      }
    },
  );

  it.each([
    ['headers.etag', {}, { sid: taskSid, attributes: '{}' }],
    ['body.attributes', { ETag: '0' }, { sid: taskSid, attributes: null }],
    ['body.sid', { ETag: '0' }, { attributes: '{}' }],
    ['content', { ETag: '0' }, 'null'],
  ])('is final for a read and transient for a write: no %s', async (missing, headers, body) => {
    const { taskRouter } = await scripted(() => ({ headers, body }));

    const read = await rejectionOf(taskRouter.fetchTask(taskSid));
    const write = await rejectionOf(taskRouter.updateAttributes(taskSid, '{}', '0'));

    expect(read).toBeInstanceOf(BadRequest);
    expect(read.message).toBe(`GET Task ${taskSid}: response without usable ${missing}`);
    expect(write).toBeInstanceOf(Transient);
    expect(write.message).toContain(missing);
  });

  it.each([
    {},
    { meta: { key: 'tasks' } },
    { tasks: null, meta: { key: 'tasks' } },
    page('tasks', [{ attributes: '{}' }]),
    page('tasks', [null]),
  ])('is final for a list: %j', async (body) => {
    const { taskRouter } = await scripted(() => ({ body }));
    expect(await rejectionOf(taskRouter.listTasks())).toBeInstanceOf(BadRequest);
  });
});
