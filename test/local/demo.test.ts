import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadCrms } from '../../fixtures/load.ts';
import { runDemo } from '../../local/demo/run.ts';
import { parseDemoOptions } from '../../local/demo.ts';

/** Keeps what the demo prints. */
const captureStdout = () => {
  let written = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written += chunk;
    return true;
  });
  onTestFinished(() => spy.mockRestore());
  return () => written;
};

describe('npm run demo', () => {
  it('runs the transfer scenario without a failed check, and ends with one line of JSON', async () => {
    const demo = join(import.meta.dirname, '../../local/demo.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [demo]);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
      demo: 'ok',
      linked: expect.any(Number),
      unchanged: expect.any(Number),
      stale: expect.any(Number),
      removed: 1,
      twilioCalls: expect.any(Number),
      lost: 0,
    });
    const parts = ['▶ recording', '≡ transcript', 'Ticket 5158', 'Ben', 'got 412', 'returns 429'];
    for (const part of parts) expect(stdout).toContain(part);
    expect(stdout).toMatch(/longest delay after an event or webhook: [0-9.]+ s; Twilio calls: \d+/);
  });

  it('shows the payloads of every CRM with --all, and each outcome is the expected one', async () => {
    const stories = [...(await loadCrms()).values()].map(({ story }) => story);
    const stdout = captureStdout();
    const result = await runDemo({ kind: 'all' });
    const sum = (outcome: string) =>
      stories
        .flatMap(({ steps }) => steps)
        .reduce((total, { outcomes }) => total + (outcomes[outcome] ?? 0), 0);
    expect(result).toEqual({
      demo: 'ok',
      linked: sum('linked'),
      unchanged: sum('unchanged'),
      stale: sum('stale'),
      removed: sum('removed'),
      twilioCalls: expect.any(Number),
      lost: 0,
    });
    for (const { ticket } of stories) expect(stdout()).toContain(`Ticket ${ticket}`);
  });

  it('names the sources if there is no source of this name', async () => {
    captureStdout();
    await expect(runDemo({ kind: 'source', name: 'nobody' })).rejects.toThrow(
      /^Unknown source. The sources are .*zendesk/,
    );
  });
});

describe('the options of npm run demo', () => {
  it.each([
    [[], { kind: 'transfer' }],
    [['--all'], { kind: 'all' }],
    [['--source', 'zendesk'], { kind: 'source', name: 'zendesk' }],
    [['-h'], { kind: 'help' }],
  ])('%j mean %j', (args, command) => {
    expect(parseDemoOptions(args)).toEqual(command);
  });

  it.each([
    [['--source'], "'--source <value>' argument missing"],
    [['--sources', 'zendesk'], "Unknown option '--sources'"],
    [['--all', '--source', 'zendesk'], 'Use --all or --source, not both'],
  ])('%j are rejected', (args, problem) => {
    expect(parseDemoOptions(args)).toEqual({
      kind: 'usage-error',
      problem: expect.stringContaining(problem),
    });
  });
});
