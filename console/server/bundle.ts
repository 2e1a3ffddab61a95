import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A file of the page, and its content type. */
interface PageFile {
  type: string;
  body: string;
}

const folder = join(import.meta.dirname, '../page');

/** Builds the page's files in memory, by path. esbuild bundles the script from TypeScript. */
export async function bundlePage(): Promise<ReadonlyMap<string, PageFile>> {
  const [bundle, html, css, icon] = await Promise.all([
    build({
      absWorkingDir: folder,
      entryPoints: ['main.tsx'],
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'preact',
    }),
    readFile(join(folder, 'index.html'), 'utf8'),
    readFile(join(folder, 'style.css'), 'utf8'),
    readFile(join(folder, 'icon.svg'), 'utf8'),
  ]);
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: html }],
    ['/style.css', { type: 'text/css; charset=utf-8', body: css }],
    ['/icon.svg', { type: 'image/svg+xml', body: icon }],
    [
      '/main.js',
      { type: 'text/javascript; charset=utf-8', body: bundle.outputFiles[0]?.text ?? '' },
    ],
  ]);
}
