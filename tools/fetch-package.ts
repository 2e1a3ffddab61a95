import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Fetches one npm package without its dependencies, and installs nothing.
 * @param specifier e.g. `@twilio/flex-ui@2`
 * @param folder is emptied; the package is then in its `node_modules`
 * @returns where it is; undefined, after one line on stderr, if npm cannot fetch it
 */
export function fetchPackage(specifier: string, folder: string): string | undefined {
  const target = join(folder, 'node_modules', specifier.replace(/(?!^)@.*/, ''));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const options = { cwd: folder, stdio: 'pipe', encoding: 'utf8' } as const;
  try {
    const file = execFileSync('npm', ['pack', '--silent', specifier], options).trim();
    execFileSync('tar', ['xzf', file, '--strip-components', '1', '-C', target], options);
    return target;
  } catch {
    console.warn(`Skipped: npm cannot fetch ${specifier}. It needs an npm registry, and tar.`);
    return undefined;
  }
}
