import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { BuildOptions, Metafile } from 'esbuild';
import { leaveOut } from './left-out.ts';

/** The folder of `package.json`. Pulumi starts the program in `infra/`. */
export const repositoryRoot = join(import.meta.dirname, '../..');

/** The name of the bundle in the archive of the function. */
export const bundleFile = 'handler.mjs';

/** The name of the source map in the archive. The last line of the code refers to it. */
export const mapFile = `${bundleFile}.map`;

/**
 * NODE_OPTIONS of a function: stack traces name files and lines of the sources. Reading the map takes an eighth
 * of the load time (`npm run bench -- bundles`).
 * Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
 */
export const nodeOptions = '--enable-source-maps';

/** CommonJS packages call `require` for Node's own modules; an ES module has no `require`. */
const banner =
  'import{createRequire as __createRequire}from"node:module";' +
  'const require=__createRequire(import.meta.url);';

/**
 * Options of esbuild. A minified bundle loads 5 % faster (`npm run bench -- bundles`). The names of functions in a
 * stack trace come from the source map: `keepNames` would set each one at run time, also in each request.
 */
export function bundleOptions(entry: string, root: string) {
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: bundleFile,
    write: false,
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    // Otherwise the source map of a linked `node_modules` would have paths outside of the root.
    preserveSymlinks: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // esbuild can tree-shake ES modules, so a package that has both forms is smaller as ES modules.
    mainFields: ['module', 'main'],
    alias: { 'node:http': './infra/bundle/node-http.ts' },
    plugins: [leaveOut(root)],
    banner: { js: banner },
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  } satisfies BuildOptions;
}

export interface Bundle {
  code: string;
  /** SHA-256 of the code, in hexadecimal digits. `doctor` compares it with the deployed one. */
  hash: string;
  /** The source map, as JSON. Its paths are relative to the root, and it holds no source text. */
  map: string;
  /** esbuild's list of inputs and their bytes. */
  metafile: Metafile;
}

/**
 * Bundles a function and its imports into one minified ES module for Node 24. The bytes depend only on the
 * sources and the lock file, not on the folder of the repository or on earlier builds. So a deployment without
 * changes changes nothing.
 *
 * @param entry the entry file that exports `handler`, relative to `root`
 * @param options options of esbuild that replace ours
 * @throws Error with esbuild's message
 */
export function bundle(
  entry: string,
  root: string = repositoryRoot,
  options: BuildOptions = {},
): Bundle {
  const args = [join(import.meta.dirname, 'build.ts'), entry, root, JSON.stringify(options)];
  const key = args.join('\n');
  const built = bundles.get(key) ?? runBuild(entry, args);
  bundles.set(key, built);
  return built;
}

/** The sources do not change while a program runs. */
const bundles = new Map<string, Bundle>();

function runBuild(entry: string, args: string[]): Bundle {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: maxOutputBytes,
  });
  if (status !== 0) throw new Error(`${entry} cannot be bundled:\n${stderr}`);
  return JSON.parse(stdout);
}

/** A bundle of 1 MB, with its map and its list of inputs, has 4 MB as JSON. */
const maxOutputBytes = 64 * 1024 * 1024;

/** The entry file of each function, relative to the repository root. */
export const functionEntries = {
  crmChange: 'lambdas/crm-change/handler.ts',
  taskEvent: 'lambdas/task-event/handler.ts',
  sync: 'lambdas/sync/handler.ts',
};

/**
 * The most bytes that each function's code may have. More bytes mean a longer cold start.
 * `test/infra/bundle.test.ts` compares them, so that somebody notices the size of a new dependency.
 */
export const bundleBudgets: Readonly<Record<keyof typeof functionEntries, number>> = {
  crmChange: 290_000,
  taskEvent: 265_000,
  sync: 345_000,
};

/** Bytes of a bundle by package, the largest first. */
export function packageSizes({ outputs }: Metafile): [name: string, bytes: number][] {
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(file);
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...bytes].toSorted(([, a], [, b]) => b - a);
}

/** The package of a file; all files of this repository count as one. */
function packageOf(file: string): string {
  const [, packageName] = file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/) ?? [];
  return packageName ?? 'our own';
}
