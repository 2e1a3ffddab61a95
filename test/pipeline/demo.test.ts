import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the story is told without a surprise, and ends with what it came to', async () => {
  const demo = join(import.meta.dirname, '../../local/demo.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { timeout: 25_000 });
  expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
    demo: 'ok',
    linked: 5,
    unchanged: 1,
    stale: 1,
    removed: 1,
    twilioCalls: expect.any(Number),
    lost: 0,
  });
  for (const seen of ['▶ recording', '≡ transcript', 'Ticket 5158', '412', '429']) {
    expect(stdout).toContain(seen);
  }
});
