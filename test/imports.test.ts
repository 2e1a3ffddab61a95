import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

/** What each file imports of the project, types included. */
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** Which folders a folder may import, besides itself. `test` may import all of them. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  fixtures: ['shared'],
  lambdas: ['shared'],
  infra: ['shared'],
  ops: ['shared', 'infra'],
  local: ['shared', 'lambdas', 'fixtures', 'ops'],
  bench: ['shared', 'infra'],
  docs: ['shared', 'infra'],
};

describe('imports', () => {
  it('have no circle, type-only imports included', () => {
    expect(circles(imports)).toEqual([]);
  });

  it('run one way between the top-level folders', () => {
    const wrong = allImports().filter(
      ([from, to]) =>
        top(from) !== top(to) && top(from) !== 'test' && !allowed[top(from)]?.includes(top(to)),
    );
    expect(wrong).toEqual([]);
  });

  it('never reach from one Lambda into another', () => {
    const lambda = (file: string) => file.split('/').slice(0, 2).join('/');
    const wrong = allImports().filter(
      ([from, to]) =>
        top(from) === 'lambdas' && top(to) === 'lambdas' && lambda(from) !== lambda(to),
    );
    expect(wrong).toEqual([]);
  });

  it('reach a Lambda from outside by its handler alone', () => {
    const wrong = allImports().filter(
      ([from, to]) =>
        top(to) === 'lambdas' &&
        !['lambdas', 'test'].includes(top(from)) &&
        !to.endsWith('/handler.ts'),
    );
    expect(wrong).toEqual([]);
  });
});

function allImports(): [from: string, to: string][] {
  return [...imports].flatMap(([from, tos]) => tos.map((to): [string, string] => [from, to]));
}

function importsOf(file: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'));
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => normalize(join(dirname(file), fileName)));
}

function top(file: string): string {
  return file.slice(0, file.indexOf('/'));
}

/** Each circle once, as the files on it. */
function circles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) found.push(path.slice(start));
    if (start !== -1 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
