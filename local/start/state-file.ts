import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFileName } from '../../ops/deployment/local-stack.ts';
import type { LocalStackDescription } from '../stack-description.ts';

/** The file by which other commands find a running stack: its description and the id of this process. */
export function createStateFile(root: string) {
  const file = join(root, stateFileName);
  let written: string | undefined;
  return {
    write: (stack: LocalStackDescription): void => {
      written = `${JSON.stringify({ pid: process.pid, ...stack }, undefined, 2)}\n`;
      writePrivateFile(file, written);
    },
    /** Removes it, unless another stack has replaced it. */
    remove: (): void => {
      try {
        if (written !== undefined && readFileSync(file, 'utf8') === written) rmSync(file);
      } catch {
        // It is gone already.
      }
    },
  };
}

/**
 * Writes a file that holds secrets: only its owner can read it. An old file is removed first, so that a
 * symbolic link in its place is not followed.
 */
export function writePrivateFile(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}
