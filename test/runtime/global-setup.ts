import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The script that starts Lambda's own runtime; null if it cannot be built. */
    readonly lambdaRuntime: string | null;
  }
}

/** AWS's own client of the runtime API: the code that calls the handler in Lambda's Node runtimes. Apache-2.0. */
const runtimePackage = 'aws-lambda-ric@4.0.2';

const folder = join(repositoryRoot, '.lambda-runtime');

/** Builds the runtime once, into a folder that git ignores: it compiles C++, which `npm ci` must not need. */
export default (project: TestProject): void => {
  const script = join(folder, 'node_modules/aws-lambda-ric/index.mjs');
  const addon = join(folder, 'node_modules/aws-lambda-ric/rapid-client.node');
  const problem = existsSync(addon) ? undefined : install();
  if (problem !== undefined) {
    console.warn(
      `\n${runtimePackage} cannot be built here: all tests are skipped and NOTHING WAS CHECKED.\n` +
        `It needs Linux, cmake, make, g++, Python 3 and npm's registry: ${problem}\n`,
    );
  }
  project.provide('lambdaRuntime', problem === undefined ? script : null);
};

/** @returns why it could not be installed */
function install(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}`;
  console.log(`${runtimePackage} is built, once: about a minute.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const allowScripts = { 'aws-lambda-ric': true };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts }));
  const { status, stderr, error } = spawnSync('npm', ['install', runtimePackage], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  const lines = (error?.message ?? stderr).trim().split('\n');
  return (
    lines.find((line) => /not installed|not found|ENOTFOUND|E[A-Z]{4,}/.test(line)) ?? lines[0]
  );
}
