/** Tries one share of the mutants, in a process of its own, and tells its parent what came of each. */
import { allRules } from '../rules/all-rules.ts';
import { judge } from '../rules/judge.ts';
import { recordStack, stackNames } from '../rules/stacks.ts';
import { loadMutants } from './load-mutants.ts';
import { mutants } from './mutants.ts';
import type { Fate } from './try-all.ts';

const [share = 0, shares = 1] = process.argv.slice(2).map(Number);

const lastWords: unknown[] = [];
process.on('unhandledRejection', (reason) => lastWords.push(reason));

const tryOne = async (number: number): Promise<Fate> => {
  lastWords.length = 0;
  try {
    const recordings = [];
    for (const name of stackNames) {
      const program = `../../../infra/index.ts?mutant=${number}&stack=${encodeURIComponent(name)}`;
      recordings.push(await recordStack(name, () => import(program)));
    }
    const caughtBy = [];
    for (const rule of allRules) {
      const problems = await judge(rule, recordings);
      if (problems.length > 0) caughtBy.push({ rule: rule.name, problems });
    }
    return { number, caughtBy, refusal: lastWords.map(String).join() };
  } catch (error) {
    return { number, caughtBy: [], refusal: String(error) };
  }
};

loadMutants();
// First comes the program as it is: its number is no mutant's.
const numbers = [-1, ...mutants.keys()].filter((_, place) => place % shares === share);
for (const number of numbers) {
  const fate = await tryOne(number);
  process.send?.(fate);
}
process.disconnect?.();
