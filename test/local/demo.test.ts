import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { loadCrms } from '../../fixtures/load.ts';

const demo = join(import.meta.dirname, '../../local/demo.ts');
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [demo, ...args], { timeout: 110_000 });
const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

it('the story is told without a surprise, and ends with what it came to', async () => {
  const { stdout } = await run();
  expect(lastLine(stdout)).toEqual({
    demo: 'ok',
    linked: expect.any(Number),
    unchanged: 1,
    stale: 1,
    removed: 1,
    twilioCalls: expect.any(Number),
    lost: 0,
  });
  for (const seen of ['▶ recording', '≡ transcript', 'Ticket 5158', 'Ben', '412', '429']) {
    expect(stdout).toContain(seen);
  }
  const [, longestWait, calls] =
    /longest wait for an event or a webhook: ([0-9.]+) s; Twilio calls: ([0-9]+)/.exec(stdout) ??
    [];
  expect(Number(longestWait)).toBeLessThanOrEqual(2);
  expect(Number(calls)).toBeGreaterThan(0);
}, 120_000);

it('every CRM’s own payloads end on the conversation, and come to what they should', async () => {
  const crms = [...(await loadCrms()).values()];
  const { stdout } = await run('--all');
  const sum = (outcome: string) =>
    crms
      .flatMap(({ story }) => story.steps)
      .reduce((total, { outcomes }) => total + (outcomes[outcome] ?? 0), 0);
  expect(lastLine(stdout)).toEqual({
    demo: 'ok',
    linked: sum('linked'),
    unchanged: sum('unchanged'),
    stale: sum('stale'),
    removed: sum('removed'),
    twilioCalls: expect.any(Number),
    lost: 0,
  });
  for (const { story } of crms) expect(stdout).toContain(`Ticket ${story.ticket}`);
}, 120_000);

it.each([
  [['--source', 'nobody'], 'There is no such source; there are '],
  [['--source'], "'--source <value>' argument missing"],
  [['--sources', 'zendesk'], "Unknown option '--sources'"],
  [['--all', '--source', 'zendesk'], '--all and --source: give one of them'],
])('%j is refused, with what there is', async (args, problem) => {
  const { code, stdout, stderr } = await run(...args).then(
    () => ({ code: 0, stdout: '', stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expect(code).toBe(2);
  expect(stdout + stderr).toContain(problem);
});
