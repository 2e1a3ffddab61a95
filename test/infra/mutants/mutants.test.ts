import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../infra/bundle/bundle.ts';
import { allRules } from '../rules/all-rules.ts';
import { mutants } from './mutants.ts';
import { caughtByRule, type MutantResult, runMutants } from './try-all.ts';

const numbered = mutants.map((mutant, number) => ({ ...mutant, number }));

describe('a change to the program', () => {
  it.each(mutants)('has its one place in $file: $what', ({ file, find, replace }) => {
    const text = readFileSync(join(repositoryRoot, file), 'utf8');
    expect(text.split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });
});

describe('a program of which something does not hold any more', () => {
  let results: readonly MutantResult[] = [];
  // Two processes, of some 20 seconds of work each.
  beforeAll(async () => {
    results = await runMutants();
  }, 300_000);

  it.each(numbered)('is noticed: $what', ({ number }) => {
    const result = results.find((each) => each.number === number);
    expect(result && caughtByRule(result), result?.rejection).toBeDefined();
  });

  it('is not the program as it is', () => {
    const asItIs = results.find(({ number }) => number === -1);
    expect(asItIs).toEqual({ number: -1, caughtBy: [], refusal: '' });
  });

  it.each(allRules)('is noticed for once by the rule: $name', ({ name }) => {
    expect(results.flatMap(({ caughtBy }) => caughtBy.map(({ rule }) => rule))).toContain(name);
  });
});
