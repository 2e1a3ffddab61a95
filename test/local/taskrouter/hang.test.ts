import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { leaveUnanswered } from '../../../local/taskrouter/http/middleware.ts';
import { serve } from '../serve.ts';

it('a request left hanging is dropped after a while though its client waits on', async () => {
  const url = await serve(createServer((request) => leaveUnanswered(request, 50)));
  const before = performance.now();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
  expect(performance.now() - before).toBeGreaterThanOrEqual(45);
});
