import { globSync, readFileSync } from 'node:fs';
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import ts from 'typescript';

/** What decides whether a request is authentic: members of a source, and functions that read the request for them. */
const authenticators = [
  ...['requiredHeaders', 'publishedSecrets', 'secretProblem', 'authenticate'],
  ...['authenticateCrmRequest', 'readRequest', 'requireHeaders', 'readSigningSecrets'],
];

/** Mutation testing of the decisions that lose or forge links if they are wrong: `npm run test:mutation`. */
export default {
  mutate: [
    'shared/media/**/*.ts',
    'shared/sync/{disposition,follow-ups}.ts',
    'shared/config/retry-policy.ts',
    'shared/crm/signing/*.ts',
    ...globSync([
      'shared/{crm/source,crm/sources/*,http/request,http/signing-secrets}.ts',
      'lambdas/crm-change/authenticate.ts',
    ]).flatMap(authentication),
  ],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  plugins: ['@stryker-mutator/vitest-runner'],
  ignorePatterns: ['/docs/images'],
  // Nothing reads types here: the files stay as Stryker writes them.
  disableTypeChecks: false,
  // A busy machine is no infinite loop.
  timeoutMS: 20_000,
  concurrency: 2,
  incremental: true,
  incrementalFile: '.mutation/incremental.json',
  tempDirName: '.mutation/sandbox',
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: '.mutation/report.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
} satisfies PartialStrykerOptions;

/** The lines of a file's authenticators, and of the declarations in the file that they use. */
function authentication(file: string): readonly string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const declarations = new Map(source.statements.flatMap(namesOf));
  const found = new Set<ts.Node>();
  const follow = (node: ts.Node): void => {
    const declaration = ts.isIdentifier(node) && declarations.get(node.text);
    if (declaration && !declaration.getText().includes('httpSource(')) add(declaration);
    node.forEachChild(follow);
  };
  const add = (node: ts.Node): void => {
    if (found.has(node)) return;
    found.add(node);
    follow(node);
  };
  const visit = (node: ts.Node): void => {
    const name =
      ts.isObjectLiteralElement(node) || ts.isFunctionDeclaration(node) ? node.name : undefined;
    if (name && authenticators.includes(name.getText())) add(node);
    else node.forEachChild(visit);
  };
  visit(source);
  const line = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  return [...found].map((node) => `${file}:${line(node.getStart())}-${line(node.getEnd())}`);
}

function namesOf(statement: ts.Statement): [string, ts.Node][] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => [name.getText(), statement]);
  }
  return ts.isFunctionDeclaration(statement) ? [[statement.name?.text ?? '', statement]] : [];
}
