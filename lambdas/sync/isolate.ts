import type { BatchRecord, Outcome } from '../../shared/sync/types.ts';

interface Groups {
  /** Tried together, and first. */
  readonly together: readonly BatchRecord[];
  /** Tried after them, once nothing else is at stake: one of these may end the process. */
  readonly apart: readonly BatchRecord[];
  /** Not tried in this invocation, and why. */
  readonly heldBack: ReadonlyMap<BatchRecord, Outcome>;
}

/**
 * Keeps a message that ends the process apart from its neighbours. A record whose last try left no outcome may
 * be that message, or one that was beside it.
 *
 * | unfinished tries | tried                                                                   |
 * | ---------------- | ----------------------------------------------------------------------- |
 * | 0                | with all others                                                         |
 * | 1                | with a few of its kind: most of them are innocent                       |
 * | 2, 3             | alone                                                                   |
 * | 4                | not again: it is a dead letter                                          |
 *
 * An invocation tries one such group and holds the others back. A record that SQS delivers again is held back too:
 * only its copy says how many tries it has left unfinished.
 */
export function isolate(records: readonly BatchRecord[]): Groups {
  const [again, first] = partition(records, ({ record }) => receives(record) > 1);
  const [suspects, together] = partition(first, ({ unfinishedTries }) => unfinishedTries > 0);
  const fewest = Math.min(...suspects.map(({ unfinishedTries }) => unfinishedTries));
  const size = fewest === 1 ? suspectsTogether : 1;
  const apart = suspects.filter(({ unfinishedTries }) => unfinishedTries === fewest).slice(0, size);
  const others = suspects.filter((suspect) => !apart.includes(suspect));
  return {
    together,
    apart,
    heldBack: new Map([
      ...again.map((record) => [record, heldBack('the last try left no outcome')] as const),
      ...others.map((record) => [record, heldBack('waits for a smaller group')] as const),
    ]),
  };
}

/**
 * About the square root of a batch: the first crash takes 43 neighbours along at most, the second 5, and no further
 * one any. One at a time from the beginning would hold up thousands of messages after a failure that is none of theirs.
 */
const suspectsTogether = 6;

function heldBack(detail: string): Outcome {
  return { outcome: 'retry', reason: 'sync-did-not-finish', detail };
}

function receives({ attributes }: BatchRecord['record']): number {
  return Number(attributes.ApproximateReceiveCount);
}

function partition<Item>(
  items: readonly Item[],
  test: (item: Item) => boolean,
): [passed: Item[], failed: Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
