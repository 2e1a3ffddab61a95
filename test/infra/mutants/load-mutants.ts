import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { repositoryRoot } from '../../../infra/bundle/bundle.ts';
import { mutants } from './mutants.ts';

const root = pathToFileURL(`${repositoryRoot}/`).href;

const isOurs = (url: string): boolean => url.startsWith(root) && !url.includes('/node_modules/');

/** Which mutant a module is of, as its URL says. */
const mutantOf = (url: string | undefined): string | null =>
  url !== undefined && URL.canParse(url) ? new URL(url).searchParams.get('mutant') : null;

/** One small bundle stands for those of all functions, which no mutant is about: making them takes longest. */
const esbuildForAll = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  const esbuild = createRequire('${root}')('esbuild');
  let built;
  export const buildSync = (options) =>
    (built ??= esbuild.buildSync({ ...options, entryPoints: ['test/infra/fixtures/handler.ts'] }));
`)}`;

/**
 * Has Node load the program with `?mutant=<number>` as if the text of that mutant stood in its file, and
 * all that it imports of ours afresh. The files themselves stay as they are.
 */
export const loadMutants = (): void => {
  registerHooks({
    resolve: (specifier, context, next) => {
      const number = mutantOf(context.parentURL);
      if (number === null) return next(specifier, context);
      if (specifier === 'esbuild') {
        return { url: esbuildForAll, format: 'module', shortCircuit: true };
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
      const source = String(loaded.source).replace(mutant.find, () => mutant.replace);
      return { ...loaded, source };
    },
  });
};
