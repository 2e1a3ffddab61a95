/** Tries one share of the mutants, in a process of its own, and tells its parent what came of each. */
import { allRules } from '../rules/all-rules.ts';
import { evaluateRule } from '../rules/rule.ts';
import { recordStack, stackNames } from '../rules/stacks.ts';
import { loadMutants } from './load-mutants.ts';
import { mutants } from './mutants.ts';
import type { MutantResult } from './try-all.ts';

const [share = 0, shares = 1] = process.argv.slice(2).map(Number);

const unhandledRejections: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandledRejections.push(reason));

const runMutant = async (number: number): Promise<MutantResult> => {
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
};

loadMutants();
// First comes the program as it is: its number is no mutant's.
const numbers = [-1, ...mutants.keys()].filter((_, place) => place % shares === share);
for (const number of numbers) {
  const result = await runMutant(number);
  process.send?.(result);
}
process.disconnect?.();
