import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Fetches one npm package without its dependencies. It installs nothing.
 * @param specifier e.g. `@twilio/flex-ui@2`
 * @param folder is emptied first. The package goes into its `node_modules`
 * @returns the package's path. If npm cannot fetch the package: undefined, and one line on stderr
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
    console.warn(`Skipped: npm cannot fetch ${specifier}. This needs an npm registry and tar.`);
    return undefined;
  }
}
