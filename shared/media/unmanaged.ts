import { canonical, isObject, type Json, type JsonObject } from '../json.ts';
import { defaultMedia, mediaList, reservationLists } from './attributes.ts';
import { type Ledger, ledgerAttribute, shortHash } from './ledger.ts';
import { isLinkTo, liveHashes } from './tickets.ts';

/** What others put into a Task's attributes: everything, less our links, our blocks, our ledger. */
export interface Foreign {
  readonly attributes: JsonObject;
  /** The list that segments without one of their own inherit: the Task's, else the defaults. */
  readonly base: readonly Json[];
  /** Segments that had a list of their own before we wrote there: nothing is inherited. */
  readonly own: ReadonlySet<string>;
  /** Blocks that we made and that hold something of others: base and additions are listed. */
  readonly extended: ReadonlySet<string>;
}

/**
 * Takes ours out of a Task's attributes.
 * @param urlHashes all links that count as ours: those in force before and after the changes
 */
export function foreignPart(
  attributes: JsonObject,
  ledger: Ledger,
  urlHashes: ReadonlySet<string>,
): Foreign {
  const isOurs = isLinkTo(urlHashes);
  const wasOurs = isLinkTo(liveHashes(ledger.tickets));
  const baseBefore = new Set(ledger.base);

  const taskItems = (mediaList(attributes['conversations']) ?? []).filter((item) => !isOurs(item));
  const isFold = ledger.foldedOverDefaults && taskItems.every((i) => baseBefore.has(itemHash(i)));
  const taskList = isFold ? undefined : nonEmpty(taskItems);
  const base = taskList ?? defaultMedia(attributes);

  const own = new Set<string>();
  const extended = new Set<string>();
  const lists = new Map<string, readonly Json[] | undefined>();
  for (const [sid, list] of reservationLists(attributes)) {
    const isMade = !ledger.own.has(sid) && (ledger.made.has(sid) || list.some(wasOurs));
    const rest = list.filter((item) => !isOurs(item));
    const followed = isMade ? followBase(rest, baseBefore, base) : nonEmpty(rest);
    lists.set(sid, followed);
    if (!isMade) own.add(sid);
    else if (followed !== undefined) extended.add(sid);
  }

  const stripped = mapMembers(attributes, (value, key) => {
    if (key === ledgerAttribute) return undefined;
    if (key === 'conversations') return withList(value, taskList);
    if (key !== 'reservation_attributes' || !isObject(value)) return value;
    const blocks = mapMembers(value, (block, sid) => withList(block, lists.get(sid)));
    const emptied = Object.keys(value).length > 0 && Object.keys(blocks).length === 0;
    return emptied ? undefined : blocks;
  });
  return { attributes: stripped, base, own, extended };
}

/** Hash of an item by its meaning, as the ledger notes the items of a base. */
export function itemHash(item: Json): string {
  return shortHash(canonical(item));
}

/** A holder of media with its list replaced; undefined when losing its list leaves it empty. */
function withList(holder: Json | undefined, list: readonly Json[] | undefined): Json | undefined {
  if (mediaList(holder) === undefined || !isObject(holder)) return holder;
  const { media: _media, ...rest } = holder;
  if (list !== undefined) return { ...holder, media: list };
  return Object.keys(rest).length > 0 ? rest : undefined;
}

function mapMembers(
  object: JsonObject,
  change: (value: Json, key: string) => Json | undefined,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      const changed = change(value, key);
      return changed === undefined ? [] : [[key, changed]];
    }),
  );
}

function nonEmpty(list: readonly Json[]) {
  return list.length > 0 ? list : undefined;
}

/**
 * Follows the base of a block that we made: what has left the base leaves the block, what is new in
 * it comes in, right after its neighbour in the base. What others put there stays, in its order.
 * @param list the block, less our links
 * @param before hashes of the base that the block was made of
 * @param base the base as it now is
 * @returns the list brought up to date; undefined where it holds nothing but its base
 */
function followBase(
  list: readonly Json[],
  before: ReadonlySet<string>,
  base: readonly Json[],
): readonly Json[] | undefined {
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
}
