import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { describeAtMoto } from './moto-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'without-moto-'));
afterAll(() => rmSync(folder, { recursive: true }));

// In there it is not repeated: without moto it is skipped as well.
describeAtMoto('where moto_server is missing', () => {
  it('all is skipped, it says how to get it and that nothing was checked, and nothing fails', async () => {
    symlinkSync(process.execPath, join(folder, 'node'));
    const vitest = join(repositoryRoot, 'node_modules/vitest/vitest.mjs');
    const child = spawn('node', [vitest, 'run', '--config', 'test/moto/vitest.config.ts'], {
      cwd: repositoryRoot,
      env: { PATH: folder, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [output, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    expect(code, errors).toBe(0);
    expect(errors).toContain('NOTHING WAS CHECKED');
    expect(errors).toContain("pipx install 'moto[server]==5.2.1'");
    expect(output).toMatch(/Tests +\d+ skipped \(\d+\)/);
  });
});
