import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'without-moto-'));
symlinkSync(process.execPath, join(folder, 'node'));
afterAll(() => rmSync(folder, { recursive: true }));

// In there it is not repeated: without moto it is skipped as well.
describe.skipIf(inject('moto') === null)('where moto_server is missing', () => {
  it.each(['moto', 'up'])(
    'all of test:%s is skipped, it says how to get it and that nothing was checked, and nothing fails',
    async (suite) => {
      const vitest = join(repositoryRoot, 'node_modules/vitest/vitest.mjs');
      const child = spawn('node', [vitest, 'run', '--config', `test/${suite}/vitest.config.ts`], {
        cwd: repositoryRoot,
        env: { PATH: folder, NO_COLOR: '1', TERRAFORM_PROVIDER_AWS: 'a provider' },
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
    },
  );
});
