import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Transient } from '../../shared/taskrouter/errors.ts';
import { retryAfterMs } from '../../shared/taskrouter/responses.ts';
import { createClient, rejectionOf, scripted, taskSid } from './scripted-server.ts';

/** A port that accepts TCP connections and does nothing more. */
const silentPort = async (): Promise<number> => {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
};

const failing = async (taskRouter: ReturnType<typeof createClient>) => {
  const started = performance.now();
  const counter = { calls: 0 };
  const write = taskRouter.updateAttributes(taskSid, '{"a":"Ada"}', '0', counter);
  const failure = await rejectionOf(write);
  expect(failure).toBeInstanceOf(Transient);
  expect(failure).toMatchObject({ status: undefined, retryAfterMs: undefined, cause: undefined });
  expect(failure.message).not.toContain('Ada');
  expect(counter.calls).toBe(1);
  return { message: failure.message, tookMs: performance.now() - started };
};

describe('a request without a complete response', () => {
  it('is aborted if its connection takes too long, TLS handshake included', async () => {
    const url = `https://127.0.0.1:${await silentPort()}`;
    const { message, tookMs } = await failing(
      createClient(url, { connectTimeoutMs: 50, totalTimeoutMs: 10_000 }),
    );
    expect(message).toBe(`POST Task ${taskSid}: no response (no connection within 50 ms)`);
    expect(tookMs).toBeLessThan(9000);
  });

  it('is aborted if its response does not begin in time', async () => {
    const url = `http://127.0.0.1:${await silentPort()}`;
    const { message, tookMs } = await failing(
      createClient(url, { connectTimeoutMs: 10, totalTimeoutMs: 80 }),
    );
    expect(message).toContain('no complete response within 80 ms');
    expect(tookMs).toBeGreaterThan(70);
  });

  it('is aborted if its response stops half-way', async () => {
    const { taskRouter } = await scripted(
      (_, response) => {
        response.writeHead(200, { ETag: '0' }).write('{"sid":"WT1","attri');
        return undefined;
      },
      { totalTimeoutMs: 80 },
    );
    const { message, tookMs } = await failing(taskRouter);
    expect(message).toContain('no complete response within 80 ms');
    expect(tookMs).toBeGreaterThan(70);
  });

  it('has the code of a refused connection in its message', async () => {
    const { message } = await failing(createClient('http://127.0.0.1:1'));
    expect(message).toContain('ECONNREFUSED');
  });

  it.each(['before', 'within'])(
    'has the code of a connection that breaks %s the response',
    async (when) => {
      const { taskRouter } = await scripted((_, response) => {
        if (when === 'within') {
          response.writeHead(200, { 'content-length': '99' }).write('{', () => {
            response.socket?.destroy();
          });
        } else response.socket?.resetAndDestroy();
        return undefined;
      });
      expect((await failing(taskRouter)).message).toContain('ECONNRESET');
    },
  );

  it('is not one whose connection is made in time and whose response takes longer', async () => {
    const { taskRouter } = await scripted(
      (_, response) => {
        setTimeout(() => response.writeHead(200, { ETag: '1' }).end(body), 120);
        return undefined;
      },
      { connectTimeoutMs: 60, totalTimeoutMs: 5000 },
    );
    const body = JSON.stringify({ sid: taskSid, attributes: '{}' });
    expect(await taskRouter.fetchTask(taskSid)).toMatchObject({ etag: '1' });
  });
});

const now = Date.parse('2026-01-01T00:00:00Z');

it.each([
  ['0', 0],
  ['3', 3000],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ['86400', 3_600_000],
  ['Fri, 02 Jan 2026 00:00:00 GMT', 3_600_000],
  ['9'.repeat(400), 3_600_000],
  [undefined, undefined],
  ['', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['soon GMT', undefined],
])('Retry-After of %j is %j ms', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
