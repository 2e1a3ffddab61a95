/** Tries one share of the mutants, in a process of its own, and sends each result to its parent. */
import { allRules } from '../rules/all-rules.ts';
import { evaluateRule } from '../rules/rule.ts';
import { recordStack, stackNames } from '../rules/stacks.ts';
import { loadMutants } from './load-mutants.ts';
import { mutants } from './mutants.ts';
import type { MutantResult } from './try-all.ts';

const [share = 0, shares = 1] = process.argv.slice(2).map(Number);

const unhandledRejections: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandledRejections.push(reason));

loadMutants();
// The first one is the unchanged program: -1 is the number of no mutant.
const numbers = [-1, ...mutants.keys()].filter((_, index) => index % shares === share);
for (const number of numbers) {
  const result = await runMutant(number);
  process.send?.(result);
}
process.disconnect?.();

async function runMutant(number: number): Promise<MutantResult> {
  unhandledRejections.length = 0;
  try {
    const recordings = [];
    for (const name of stackNames) {
      const program = `../../../infra/index.ts?mutant=${number}&stack=${encodeURIComponent(name)}`;
      recordings.push(await recordStack(name, () => import(program)));
    }
    const caughtBy = [];
    for (const rule of allRules) {
      const problems = await evaluateRule(rule, recordings);
      if (problems.length > 0) caughtBy.push({ rule: rule.name, problems });
    }
    return { number, caughtBy, rejection: unhandledRejections.map(String).join() };
  } catch (error) {
    return { number, caughtBy: [], rejection: String(error) };
  }
}
