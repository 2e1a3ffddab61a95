import { beforeAll, describe, expect, it } from 'vitest';
import { allRules } from '../rules/all-rules.ts';
import { mutants } from './mutants.ts';
import { caughtByRule, type MutantResult, runMutants } from './try-all.ts';

const numbered = mutants.map((mutant, number) => ({ ...mutant, number }));

describe('a program with one property less', () => {
  let results: readonly MutantResult[] = [];
  beforeAll(async () => {
    results = await runMutants();
  }, 900_000);

  it.each(numbered)('breaks a rule: $what', ({ number }) => {
    const result = results.find((each) => each.number === number);
    expect(result && caughtByRule(result), result?.rejection).toBeDefined();
  });

  it('is not the program itself', () => {
    const original = results.find(({ number }) => number === -1);
    expect(original).toEqual({ number: -1, caughtBy: [], rejection: '' });
  });

  it.each(allRules)('breaks each rule at least once: $name', ({ name }) => {
    expect(results.flatMap(({ caughtBy }) => caughtBy.map(({ rule }) => rule))).toContain(name);
  });
});
