import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { LocalStackDescription } from '../stack-description.ts';

/**
 * Where a running world is found by other commands. It holds secrets: readable by its owner alone.
 * @param file removed first, so that a link that somebody put there is not followed
 */
export function createStateFile(file: URL) {
  let written: string | undefined;
  return {
    write: (stack: LocalStackDescription): void => {
      written = `${JSON.stringify(stack, undefined, 2)}\n`;
      rmSync(file, { force: true });
      writeFileSync(file, written, { mode: 0o600, flag: 'wx' });
    },
    /** Removes it, unless another world has put its own there since. */
    remove: (): void => {
      try {
        if (written !== undefined && readFileSync(file, 'utf8') === written) rmSync(file);
      } catch {
        // It is gone already.
      }
    },
  };
}
