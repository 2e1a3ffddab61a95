import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bundle, functionEntries, repositoryRoot } from '../../infra/bundle/bundle.ts';

const copy = mkdtempSync(join(tmpdir(), 'bundle-copy-'));
afterAll(() => rmSync(copy, { recursive: true }));

for (const part of ['infra/bundle', 'lambdas', 'shared', 'package.json', 'tsconfig.json']) {
  cpSync(join(repositoryRoot, part), join(copy, part), { recursive: true });
}
symlinkSync(join(repositoryRoot, 'node_modules'), join(copy, 'node_modules'));

it.each(Object.entries(functionEntries))(
  'the bundle of %s has the same bytes if it is built again, and from a copy in another folder',
  (_, entry) => {
    const built = bundle(entry);
    for (const [again, how] of [
      [bundle(entry), 'built again'],
      [bundle(entry, copy), 'built from a copy'],
    ] as const) {
      expect(again.code === built.code, how).toBe(true);
      expect(again.map === built.map, `the map, ${how}`).toBe(true);
    }
  },
);
