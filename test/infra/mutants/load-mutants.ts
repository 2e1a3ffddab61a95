import { registerHooks } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { repositoryRoot } from '../../../infra/bundle/bundle.ts';
import { mutate } from '../../../tools/mutants/mutate.ts';
import { mutants } from './mutants.ts';

/**
 * Makes Node load a program with `?mutant=<number>`, and its own modules, with the change of that mutant.
 * The files do not change.
 */
export function loadMutants(): void {
  registerHooks({
    resolve: (specifier, context, next) => {
      const number = mutantOf(context.parentURL);
      if (number === null) return next(specifier, context);
      if (specifier.endsWith('/write-bundle.ts')) {
        return { url: oneBundleForAll, format: 'module', shortCircuit: true };
      }
      const resolved = next(specifier, context);
      if (!isOurs(resolved.url)) return resolved;
      return { ...resolved, url: `${resolved.url}?mutant=${number}` };
    },
    load: (url, context, next) => {
      const number = mutantOf(url);
      const loaded = next(url, context);
      const mutant = mutants[Number(number ?? -1)];
      if (mutant === undefined || !isOurs(url)) return loaded;
      if (relative(repositoryRoot, fileURLToPath(url)) !== mutant.file) return loaded;
      return { ...loaded, source: mutate(String(loaded.source), mutant) };
    },
  });
}

const root = pathToFileURL(`${repositoryRoot}/`).href;

function isOurs(url: string): boolean {
  return url.startsWith(root) && !url.includes('/node_modules/');
}

/** The number of the mutant in the URL of a module. */
function mutantOf(url: string | undefined): string | null {
  return url !== undefined && URL.canParse(url) ? new URL(url).searchParams.get('mutant') : null;
}

/** No mutant is about the bundles, building them takes longest, and other tests read the files. */
const oneBundleForAll = `data:text/javascript,${encodeURIComponent(`
  const files = { 'handler.mjs': '${join(repositoryRoot, 'test/infra/fixtures/handler.ts')}' };
  export const writeBundle = () => ({ files, hash: '' });
`)}`;
