import { describe, expect, it } from 'vitest';
import { Transient } from '../../shared/taskrouter/errors.ts';
import { createHttpClient } from '../../shared/taskrouter/http.ts';
import { rejectionOf, scripted, startServer, taskSid } from './scripted-server.ts';

const body = JSON.stringify({ sid: taskSid, attributes: '{}' });
const success = { headers: { ETag: '1' }, body };

describe('a request on a kept connection that breaks', () => {
  it('is made once more, on a new connection, and not again', async () => {
    const { taskRouter, seen } = await scripted((_, response) => {
      if (seen.length === 1) return success;
      response.socket?.resetAndDestroy();
      return undefined;
    });
    await taskRouter.fetchTask(taskSid);
    const failure = await rejectionOf(taskRouter.fetchTask(taskSid));
    expect(failure).toBeInstanceOf(Transient);
    expect(failure.message).toContain('ECONNRESET');
    expect(seen).toHaveLength(3);
    expect(seen[1]?.port).toBe(seen[0]?.port);
    expect(seen[2]?.port).not.toBe(seen[0]?.port);
  });

  it('is made once more on a new connection, however many kept ones are dead', async () => {
    const { taskRouter, seen } = await scripted(({ port }, response) => {
      const kept = seen.slice(0, 4).map((one) => one.port);
      if (seen.length <= 4 || !kept.includes(port)) return success;
      response.socket?.resetAndDestroy();
      return undefined;
    });
    const read = () => taskRouter.fetchTask(taskSid);
    const write = () => taskRouter.updateAttributes(taskSid, '{}', '0');
    await Promise.all([read(), read(), read(), write()]);
    expect(new Set(seen.map(({ port }) => port)).size).toBe(4);
    expect(await write()).toMatchObject({ etag: '1' });
    expect(seen).toHaveLength(6);
  });

  it('is the last on such a connection, if it has no response', async () => {
    const { taskRouter, seen } = await scripted(() => (seen.length === 3 ? undefined : success), {
      totalTimeoutMs: 300,
    });
    await Promise.all([taskRouter.fetchTask(taskSid), taskRouter.fetchTask(taskSid)]);
    expect(await rejectionOf(taskRouter.fetchTask(taskSid))).toBeInstanceOf(Transient);
    await taskRouter.fetchTask(taskSid);
    const ports = seen.map(({ port }) => port);
    expect(ports.slice(0, 2)).toContain(ports[2]);
    expect(ports.slice(0, 2)).not.toContain(ports[3]);
  });

  it('is not made again if the connection was new', async () => {
    const { taskRouter, seen } = await scripted((_, response) => {
      response.socket?.resetAndDestroy();
      return undefined;
    });
    expect(await rejectionOf(taskRouter.fetchTask(taskSid))).toBeInstanceOf(Transient);
    expect(seen).toHaveLength(1);
  });

  it('is transient if it is a write and the second one finds the Task changed', async () => {
    const { taskRouter, seen } = await scripted((_, response) => {
      if (seen.length === 1) return success;
      if (seen.length === 3) return { status: 412 };
      response.socket?.resetAndDestroy();
      return undefined;
    });
    await taskRouter.fetchTask(taskSid);
    const failure = await rejectionOf(taskRouter.updateAttributes(taskSid, '{}', '1'));
    expect(failure).toBeInstanceOf(Transient);
    expect(failure).toMatchObject({ status: undefined });
    expect(seen).toHaveLength(3);
  });

  it('is not made again if it is a write without a condition', async () => {
    const { url, seen } = await startServer((_, response) => {
      if (seen.length === 1) return success;
      response.socket?.resetAndDestroy();
      return undefined;
    });
    const times = { connectTimeoutMs: 1000, totalTimeoutMs: 1000 };
    const send = createHttpClient({ url, username: 'any', password: 'any', ...times });
    await send({ method: 'get', uri: '/' });
    const failure = await rejectionOf(send({ method: 'post', uri: '/', data: { Name: 'sink' } }));
    expect(failure).toMatchObject({ code: 'ECONNRESET' });
    expect(seen).toHaveLength(2);
  });

  it('takes no longer than one request may, both times together', async () => {
    const { taskRouter, seen } = await scripted(
      (_, response) => {
        if (seen.length === 1) return success;
        if (seen.length === 2) setTimeout(() => response.socket?.resetAndDestroy(), 800);
        return undefined;
      },
      { totalTimeoutMs: 1000 },
    );
    await taskRouter.fetchTask(taskSid);
    const since = performance.now();
    const { message } = await rejectionOf(taskRouter.fetchTask(taskSid));
    expect(message).toContain('no complete response within 1000 ms');
    expect(performance.now() - since).toBeLessThan(1700);
    expect(seen).toHaveLength(3);
  });
});
