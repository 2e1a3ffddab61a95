import { type Edit, to } from './edits.ts';
import { type Matcher, property } from './places.ts';

/** A change to the program after which it no longer has a certain property. A rule must notice that. */
export interface Mutant {
  /** The property that the program no longer has, as a sentence. */
  readonly what: string;
  /** The file's path from the root of the repository. */
  readonly file: string;
  /** The path to the one node that is changed: matchers from the outside to the inside. */
  readonly place: readonly Matcher[];
  readonly edit: Edit;
  /** Set if the program itself stops with an error, so that no rule checks it. */
  readonly caughtBy?: 'the program itself';
}

/** The mutants of one file. */
export function changesTo(file: string, changes: readonly Change[]): readonly Mutant[] {
  return changes.map(([what, place, edit]) => ({
    what,
    file,
    place: place.map((step) => (typeof step === 'string' ? property(step) : step)),
    edit: typeof edit === 'string' ? to(edit) : edit,
  }));
}

/** A text in a place names a property. A text as an edit is the new code. */
type Change = readonly [what: string, place: readonly (Matcher | string)[], edit: Edit | string];
