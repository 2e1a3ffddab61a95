import { canonical, type JsonObject } from '../../shared/media/json.ts';
import { readAttributes } from '../../shared/media/read-attributes.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import { withoutSeal } from '../../shared/media/seal.ts';
import type { Broken, Case } from './judge.ts';

/** The seal tells what else the attributes held when we last wrote: that may be any earlier state. */
const meaning = (attributes: JsonObject): string => canonical(withoutSeal(attributes));

/**
 * Whether a Task is what one rewrite makes of the state that others left and of all changes: for that
 * the rewrite is proven by itself, in `test/media`.
 */
export const brokenBytes = ({
  attributes,
  reservations,
  untouched,
  changes,
}: Case): readonly Broken[] => {
  const text = JSON.stringify(untouched);
  const { attributes: wanted = text, budget } = rewrite(text, reservations, changes);
  const isPressed = budget.folded || budget.titlesDropped || budget.evicted.length > 0;
  // Its bytes may depend on the order of arrival; the other promises hold there too.
  if (isPressed) return [];
  try {
    const expected = meaning(readAttributes(wanted));
    const stands = meaning(readAttributes(attributes));
    if (expected === stands) return [];
    return [{ promise: 'notConverged', what: `should be ${expected}; is ${stands}` }];
  } catch (error) {
    return [{ promise: 'notConverged', what: `cannot be read: ${error}` }];
  }
};
