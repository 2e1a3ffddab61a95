import * as ts from 'typescript';

/** A script as TypeScript prints it for a version of the language. */
const printed = (script: string, target: ts.ScriptTarget): string =>
  ts.transpileModule(script, { compilerOptions: { target, removeComments: true } }).outputText;

/** Whether a script is ES5: a compiler has nothing to replace in it for that version. */
export const isES5 = (script: string): boolean =>
  printed(script, ts.ScriptTarget.ES5) === printed(script, ts.ScriptTarget.Latest) &&
  !/,\s*\)/.test(script);
