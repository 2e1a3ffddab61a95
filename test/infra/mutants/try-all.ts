import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { mutants } from './mutants.ts';

/** The result of one mutant. */
export interface MutantResult {
  /** Its index in the list; -1 is the unchanged program. */
  readonly number: number;
  /** The rules that it breaks, and the problems that they found. */
  readonly caughtBy: readonly { readonly rule: string; readonly problems: readonly string[] }[];
  /** The error of a program that refuses to run, or an empty text. */
  readonly rejection: string;
}

/** Tries the unchanged program and all mutants, in two processes if the machine has two cores. */
export async function runMutants(): Promise<readonly MutantResult[]> {
  const shares = Math.min(2, availableParallelism());
  const results = await Promise.all(
    Array.from({ length: shares }, (_, share) => tryShare(share, shares)),
  );
  return results.flat().toSorted((a, b) => a.number - b.number);
}

/** What caught a mutant; undefined if it survives. */
export function caughtByRule({ number, caughtBy, rejection }: MutantResult): string | undefined {
  const expected = mutants[number]?.caughtBy;
  if (rejection !== '') return expected;
  return expected === undefined ? caughtBy[0]?.rule : undefined;
}

function tryShare(share: number, shares: number): Promise<readonly MutantResult[]> {
  return new Promise((resolve, reject) => {
    const results: MutantResult[] = [];
    const child = fork(join(import.meta.dirname, 'try-share.ts'), [`${share}`, `${shares}`], {
      execArgv: ['--stack-trace-limit=0'],
      timeout: 900_000,
    });
    child.on('message', (result: MutantResult) => results.push(result));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(results);
      else reject(new Error(`Share ${share} of the mutants ended with ${code}`));
    });
  });
}
