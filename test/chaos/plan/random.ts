import { seededRandom } from '../../../local/taskrouter/settings.ts';

export type Random = ReturnType<typeof createRandom>;

/** Random values from a seed. The same seed and the same calls give the same values. */
export function createRandom(seed: number) {
  const next = seededRandom(seed);
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    /** A number from 0 up to 1. */
    next,
    /** A whole number, both ends included. */
    between,
    /** Whether something of this probability happens. */
    chance: (probability: number) => next() < probability,
    /** @throws RangeError when there is nothing to choose from. */
    oneOf: <Item>(items: readonly Item[]): Item => {
      const [item] = items.slice(between(0, items.length - 1));
      if (item === undefined) throw new RangeError('there is nothing to choose from');
      return item;
    },
    shuffled: <Item>(items: readonly Item[]): Item[] =>
      items
        .map((item) => ({ item, place: next() }))
        .sort((one, other) => one.place - other.place)
        .map(({ item }) => item),
  };
}
