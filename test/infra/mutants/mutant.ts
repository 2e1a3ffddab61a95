/** A change to the program that takes something away from it, which has to be noticed. */
export interface Mutant {
  /** What does not hold any more: a sentence. */
  readonly what: string;
  /** From the repository's root. */
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Where no rule gets to see it, as the program itself refuses to run so. */
  readonly caughtBy?: 'the program itself';
}

type Change = readonly [what: string, find: string, replace: string];

/** Changes to one file, each by itself. */
export const changesTo = (file: string, changes: readonly Change[]): readonly Mutant[] =>
  changes.map(([what, find, replace]) => ({ what, file, find, replace }));
