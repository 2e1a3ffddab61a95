import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const files = globSync('**/*.{ts,tsx}', { cwd: root, exclude: ['node_modules/**'] });

/** What each file imports of the project, types included. */
const imports = new Map(
  files.map((file) => [file, importsIn(file, readFileSync(join(root, file), 'utf8'))]),
);

/** Which folders a folder may import, besides itself. `test` may import all of them. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  fixtures: ['shared'],
  lambdas: ['shared'],
  infra: ['shared'],
  'flex-plugin': ['shared'],
  console: ['shared'],
  ops: ['shared', 'infra', 'console'],
  local: ['shared', 'lambdas', 'fixtures', 'ops', 'console'],
  bench: ['shared', 'infra', 'local', 'fixtures', 'lambdas'],
  docs: ['shared', 'infra'],
  tools: ['shared', 'fixtures', 'infra'],
  examples: ['infra'],
  'vitest.mutation.config.ts': ['vitest.config.ts'],
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

  it('reach a Lambda from outside by its handler alone, but for the simulation of sync', () => {
    const wrong = allImports().filter(
      ([from, to]) =>
        top(to) === 'lambdas' &&
        !['lambdas', 'test'].includes(top(from)) &&
        from !== 'bench/simulate/run.ts' &&
        !to.endsWith('/handler.ts'),
    );
    expect(wrong).toEqual([]);
  });
});

function allImports(): [from: string, to: string][] {
  return [...imports].flatMap(([from, tos]) => tos.map((to): [string, string] => [from, to]));
}

/** Every form of import of a file of the project: static, dynamic, of a type, and re-exports. */
function importsIn(file: string, text: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const { parent } = node;
    const isImport =
      ts.isStringLiteral(node) &&
      (ts.isImportDeclaration(parent) ||
        ts.isExportDeclaration(parent) ||
        ts.isImportTypeNode(parent.parent) ||
        (ts.isCallExpression(parent) && parent.expression.kind === ts.SyntaxKind.ImportKeyword));
    if (isImport && node.text.startsWith('.')) {
      found.push(normalize(join(dirname(file), node.text)));
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true), visit);
  return found;
}

/** The folder at the top, or a file there. */
function top(file: string): string {
  const [first = ''] = file.split('/');
  return first;
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
