import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Transient } from '../../shared/taskrouter/errors.ts';
import { createHttpClient } from '../../shared/taskrouter/http.ts';
import { createClient, rejectionOf, scripted, startServer, taskSid } from './scripted-server.ts';

const idleMs = 100;
const body = JSON.stringify({ sid: taskSid, attributes: '{}' });
const success = { headers: { ETag: '1' }, body };

const closingServer = async (byReset: boolean): Promise<string> => {
  const workerData = { body, byReset, idleMs };
  const worker = new Worker(new URL('./closing-server.ts', import.meta.url), { workerData });
  onTestFinished(() => void worker.terminate());
  const [port] = await once(worker, 'message');
  return `http://127.0.0.1:${port}`;
};

/** Stops this thread, as Lambda does with a function between two invocations. */
const freeze = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

describe('connections that were closed while the function was frozen', () => {
  it.each([
    ['closed', false],
    ['reset', true],
  ])('fail no call, however many there are: %s', async (_, byReset) => {
    const taskRouter = createClient(await closingServer(byReset));
    const read = () => taskRouter.fetchTask(taskSid);
    const write = () => taskRouter.updateAttributes(taskSid, '{}', '0');
    await Promise.all([read(), read(), read(), write()]);
    await delay(idleMs / 5);
    freeze(idleMs * 2);
    const responses = await Promise.all([read(), read(), write(), write()]);
    expect(responses.map(({ etag }) => etag)).toEqual(['1', '1', '1', '1']);
  });
});

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
