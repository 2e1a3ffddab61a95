import { canonical, type Json } from './json.ts';
import { shortHash } from './ledger.ts';

/** Hash of an item by its meaning, as the ledger notes the items of a base. */
export const itemHash = (item: Json): string => shortHash(canonical(item));

/**
 * Follows the base of a block that we made: what has left the base leaves the block, what is new in
 * it comes in, right after its neighbour in the base. What others put there stays, in its order.
 * @param list the block, less our links
 * @param before hashes of the base that the block was made of
 * @param base the base as it now is
 * @returns the list brought up to date; undefined where it holds nothing but its base
 */
export const followBase = (
  list: readonly Json[],
  before: ReadonlySet<string>,
  base: readonly Json[],
): readonly Json[] | undefined => {
  const inBase = new Set(base.map(canonical));
  const isAdded = (item: Json) => !inBase.has(canonical(item)) && !before.has(itemHash(item));
  if (!list.some(isAdded)) return undefined;

  const followed = list.filter((item) => inBase.has(canonical(item)) || isAdded(item));
  let neighbour = -1;
  for (const item of base) {
    const found = followed.findIndex((other) => canonical(other) === canonical(item));
    if (found === -1) followed.splice(neighbour + 1, 0, item);
    neighbour = found === -1 ? neighbour + 1 : found;
  }
  return followed;
};
