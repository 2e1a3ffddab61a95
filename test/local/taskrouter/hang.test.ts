import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { leaveUnanswered } from '../../../local/taskrouter/http/middleware.ts';

describe('a request left hanging', () => {
  it('is dropped after a while though its client waits on', async () => {
    const server = createServer((request) => leaveUnanswered(request, 50));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const before = performance.now();
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');
    expect(performance.now() - before).toBeGreaterThanOrEqual(45);
    server.close();
  });
});
