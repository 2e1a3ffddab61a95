import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mutants } from './mutants.ts';

/** What came of one mutant. */
export interface MutantResult {
  /** Its place in the list; -1 is the program as it is. */
  readonly number: number;
  /** The rules that it breaks, and what they say. */
  readonly caughtBy: readonly { readonly rule: string; readonly problems: readonly string[] }[];
  /** What the program says that refuses to run so, or nothing. */
  readonly rejection: string;
}

const tryShare = (share: number, shares: number): Promise<readonly MutantResult[]> =>
  new Promise((resolve, reject) => {
    const results: MutantResult[] = [];
    const child = fork(join(import.meta.dirname, 'try-share.ts'), [`${share}`, `${shares}`], {
      execArgv: ['--stack-trace-limit=0'],
      timeout: 300_000,
    });
    child.on('message', (result: MutantResult) => results.push(result));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(results);
      else reject(new Error(`Share ${share} of the mutants ended with ${code}`));
    });
  });

/** Tries all mutants, and the program as it is, in two processes where the machine has room for them. */
export const runMutants = async (): Promise<readonly MutantResult[]> => {
  const shares = Math.min(2, availableParallelism());
  const results = await Promise.all(
    Array.from({ length: shares }, (_, share) => tryShare(share, shares)),
  );
  return results.flat().toSorted((a, b) => a.number - b.number);
};

/** Why a mutant may be called caught; nothing where it survives. */
export const caughtByRule = ({ number, caughtBy, rejection }: MutantResult): string | undefined => {
  const expected = mutants[number]?.caughtBy;
  if (rejection !== '') return expected;
  return expected === undefined ? caughtBy[0]?.rule : undefined;
};
