import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../infra/bundle/bundle.ts';
import { mutate } from '../../../tools/mutants/mutate.ts';
import { mutants } from './mutants.ts';

const textOf = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');

const isCode = (text: string): boolean =>
  ts.transpileModule(text, { reportDiagnostics: true }).diagnostics?.length === 0;

describe.each(mutants)('$file: $what', (mutant) => {
  it('has its place once, and its change is other code', () => {
    const text = textOf(mutant.file);
    const mutated = mutate(text, mutant);
    expect(mutated).not.toBe(text);
    expect(isCode(mutated), mutated).toBe(true);
  });
});
