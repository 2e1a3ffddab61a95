import { type Edit, to } from './edits.ts';
import { type Matcher, property } from './places.ts';

/** A change to the program that takes a property away from it. A rule must notice that. */
export interface Mutant {
  /** The property that no longer holds, as a sentence. */
  readonly what: string;
  /** Relative to the repository root. */
  readonly file: string;
  /** The path to the one node that is changed, from the outside to the inside. */
  readonly place: readonly Matcher[];
  readonly edit: Edit;
  /** Set if the program itself refuses to run, so that no rule sees it. */
  readonly caughtBy?: 'the program itself';
}

/** Changes to one file, each a mutant. */
export function changesTo(file: string, changes: readonly Change[]): readonly Mutant[] {
  return changes.map(([what, place, edit]) => ({
    what,
    file,
    place: place.map((step) => (typeof step === 'string' ? property(step) : step)),
    edit: typeof edit === 'string' ? to(edit) : edit,
  }));
}

/** In a place, a text is a property; as an edit, it is the code that takes the place. */
type Change = readonly [what: string, place: readonly (Matcher | string)[], edit: Edit | string];
