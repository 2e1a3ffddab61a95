import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';

/** The folder that holds `package.json`. Pulumi starts the program elsewhere, in `infra/`. */
export const repositoryRoot = join(import.meta.dirname, '../..');

/** The one file of a bundle, as it lies in the function's archive. */
export const bundleFile = 'handler.mjs';

/** The source map of a bundle, beside it in the archive. The last line of the code names it. */
export const mapFile = `${bundleFile}.map`;

/**
 * NODE_OPTIONS of a function: with it, stack traces name files and lines of the sources. Node reads the map
 * when it loads the code, which is an eighth of the time that loading takes (`npm run bench -- bundles`).
 * Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
 */
export const nodeOptions = '--enable-source-maps';

/** Packages in CommonJS call `require` for Node's own modules, and an ES module has none. */
const banner =
  'import{createRequire as __createRequire}from"node:module";' +
  'const require=__createRequire(import.meta.url);';

/** From the root, where esbuild looks for what stands for another. */
const excludedCredentials = './infra/bundle/excluded-credentials.ts';

/**
 * How esbuild makes a bundle. By `npm run bench -- bundles`, minified it loads a twentieth faster. The names of
 * functions, which a stack trace shows, are a twentieth of the archive and of the time that loading takes.
 */
export function bundleOptions(entry: string, root: string) {
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: bundleFile,
    write: false,
    bundle: true,
    minify: true,
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    // Else a `node_modules` that is a link would give the source map paths out of the root.
    preserveSymlinks: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Packages that have both are smaller as ES modules, which esbuild can take apart.
    mainFields: ['module', 'main'],
    alias: {
      '@aws-sdk/credential-provider-ini': excludedCredentials,
      '@aws-sdk/credential-provider-process': excludedCredentials,
      '@aws-sdk/credential-provider-sso': excludedCredentials,
      '@aws-sdk/credential-provider-web-identity': excludedCredentials,
    },
    banner: { js: banner },
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  } satisfies BuildOptions;
}

export interface Bundle {
  readonly code: string;
  /** SHA-256 of the code, in hexadecimal digits: it tells a deployed bundle from that of other sources. */
  readonly hash: string;
  /** The source map, as JSON. It names files from the root, and does not hold their text. */
  readonly map: string;
  /** What went into it: esbuild's account of inputs and bytes. */
  readonly metafile: Metafile;
}

/**
 * Bundles a function and all it imports into one minified ES module for Lambda's Node 24. The bytes
 * depend on the sources and the lock file alone, not on where the repository lies or what was built
 * before, so that a deployment with nothing changed changes nothing.
 *
 * @param entry the entry file, from `root`, which exports `handler`
 * @throws esbuild's BuildFailure when it does not build, and nothing is deployed.
 */
export function bundle(entry: string, root: string = repositoryRoot): Bundle {
  const { outputFiles, metafile } = buildSync(bundleOptions(entry, root));
  const map = outputFiles.find(({ path }) => path.endsWith(mapFile));
  const code = outputFiles.find((file) => file !== map);
  if (map === undefined || code === undefined) throw new Error(`esbuild gave no code for ${entry}`);
  const hash = createHash('sha256').update(code.contents).digest('hex');
  return { code: code.text, hash, map: map.text, metafile };
}

/** The entry file of each function, from the repository's root. */
export const functionEntries = {
  crmChange: 'lambdas/crm-change/handler.ts',
  taskEvent: 'lambdas/task-event/handler.ts',
  sync: 'lambdas/sync/handler.ts',
};

/** Bytes of a bundle by package, the heaviest first. Source: esbuild's account of the build. */
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

/** The package a file of the bundle comes from; our own files are all of one. */
function packageOf(file: string): string {
  const [, packageName] = file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/) ?? [];
  return packageName ?? 'our own';
}
