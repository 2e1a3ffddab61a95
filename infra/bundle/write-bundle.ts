import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundle, bundleFile, mapFile, repositoryRoot } from './bundle.ts';

/** Git ignores this folder. */
const bundlesFolder = '.bundles';

interface WrittenBundle {
  /** SHA-256 of the code, in hexadecimal digits. */
  hash: string;
  /**
   * The path of each file, by its name in the archive of the function. Paths are relative to the folder of the
   * program, as Pulumi reads them. So they are the same in every checkout.
   */
  files: Readonly<Record<string, string>>;
}

/**
 * Bundles a function and writes its files to `.bundles/<folder of its entry>/`. Pulumi stores and compares only the
 * hash of a file, but the whole content of a text. With texts, a plan would show both versions of the code.
 *
 * @param entry the entry file that exports `handler`, relative to `root`
 * @throws BuildFailure of esbuild, or the error of a folder that cannot be written
 */
export function writeBundle(entry: string, root: string = repositoryRoot): WrittenBundle {
  const { code, hash, map } = bundle(entry, root);
  const folder = join(root, bundlesFolder, dirname(entry));
  mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string) => {
    const path = join(folder, file);
    writeAtomically(path, text);
    return [file, relative(process.cwd(), path)];
  };
  return { hash, files: Object.fromEntries([write(bundleFile, code), write(mapFile, map)]) };
}

/** Two programs may write at the same time, e.g. previews of two stacks. Each must read a complete file. */
function writeAtomically(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
