import { canonical, isObject, type Json, type JsonObject } from '../json.ts';
import { defaultKind, mediaList } from './attributes.ts';
import { ledgerAttribute } from './ledger.ts';
import { shortHash } from './ledger-entry.ts';
import { itemsOfOurs, type TaskMedia } from './task-media.ts';

/** The unmanaged part of a Task: everything but our links, the blocks we created and our ledger. */
export interface Unmanaged {
  readonly attributes: JsonObject;
  /** The task-level list of others, if there is one. */
  readonly taskList: readonly Json[] | undefined;
  /** What segments without a list of their own show: the task-level list, else the defaults. */
  readonly inherited: readonly Json[];
  /** `inherited` holds a default that the Task itself no longer has: only our lists show it. */
  readonly carriesDefaults: boolean;
  /** Lists of others by reservation; of an extended block, what it inherits is among it. */
  readonly byReservation: ReadonlyMap<string, readonly Json[]>;
  /** Segments that had a list of their own before we added to it: they inherit nothing. */
  readonly ownLists: ReadonlySet<string>;
  /** Blocks that we created and that others added something to. */
  readonly extendedBlocks: ReadonlySet<string>;
}

/**
 * The unmanaged part of a Task.
 * @param urls of all links that count as ours: those known before the changes and after them
 */
export function unmanagedPart(task: TaskMedia, urls: ReadonlySet<string>): Unmanaged {
  const { attributes, lists, ledger } = task;
  const inheritedBefore = new Set(ledger.inherited);
  const withoutOurs = (list: readonly Json[]) => {
    const ours = itemsOfOurs(list, urls);
    return list.filter((item) => !ours.has(item));
  };

  const taskItems = withoutOurs(lists.taskList ?? []);
  const holdsDefaultsOnly =
    ledger.isTaskListOurs && taskItems.every((item) => inheritedBefore.has(itemHash(item)));
  const taskList = holdsDefaultsOnly ? undefined : nonEmpty(taskItems);
  const created = [...lists.byReservation].filter((block) => isCreatedByUs(task, block));
  const carried = ledger.inheritsDefaults
    ? carriedDefaults(
        [taskItems, ...created.map(([, list]) => list)],
        inheritedBefore,
        lists.defaults,
      )
    : [];
  const inherited = taskList ?? [...lists.defaults, ...carried].sort(byKind);

  const byReservation = new Map<string, readonly Json[]>();
  for (const [sid, list] of lists.byReservation) {
    const rest = withoutOurs(list);
    const isCreated = created.some(([each]) => each === sid);
    const kept = isCreated ? followInherited(rest, inheritedBefore, inherited) : nonEmpty(rest);
    if (kept !== undefined) byReservation.set(sid, kept);
  }
  const createdSids = new Set(created.map(([sid]) => sid));

  const stripped = mapMembers(attributes, (value, key) => {
    if (key === ledgerAttribute) return undefined;
    if (key === 'conversations') return withList(value, taskList);
    if (key !== 'reservation_attributes' || !isObject(value)) return value;
    const blocks = mapMembers(value, (block, sid) => withList(block, byReservation.get(sid)));
    const isEmptied = Object.keys(value).length > 0 && Object.keys(blocks).length === 0;
    return isEmptied ? undefined : blocks;
  });
  return {
    attributes: stripped,
    taskList,
    inherited,
    carriesDefaults: taskList === undefined && carried.length > 0,
    byReservation,
    ownLists: new Set(lists.byReservation.keys()).difference(createdSids),
    extendedBlocks: createdSids.intersection(new Set(byReservation.keys())),
  };
}

/** Hash of an item by its meaning, as the ledger keeps those of `inherited`. */
export function itemHash(item: Json): string {
  return shortHash(canonical(item));
}

/**
 * Whether a block is one that we created. It still is if somebody removed our link from it, but not if
 * somebody replaced all that it held.
 */
function isCreatedByUs(
  { urls, ledger }: TaskMedia,
  [sid, list]: readonly [string, readonly Json[]],
): boolean {
  if (ledger.ownLists.has(sid)) return false;
  if (itemsOfOurs(list, urls).size > 0) return true;
  const inherited = new Set(ledger.inherited);
  return (
    ledger.createdByUs.has(shortHash(sid)) &&
    (inherited.size === 0 || list.some((item) => inherited.has(itemHash(item))))
  );
}

/**
 * Defaults that our lists show and that the Task no longer has, e.g. because a plugin took `channelSid`
 * away at wrap-up. Each stays until another default takes its place.
 */
function carriedDefaults(
  lists: readonly (readonly Json[])[],
  inheritedBefore: ReadonlySet<string>,
  defaults: readonly Json[],
): readonly Json[] {
  const kinds = new Set(defaults.map(defaultKind));
  const carried = new Map<string | undefined, Json>();
  for (const item of lists.flat()) {
    const kind = defaultKind(item);
    const isCarried = kind !== undefined && inheritedBefore.has(itemHash(item)) && !kinds.has(kind);
    if (isCarried && !carried.has(kind)) carried.set(kind, item);
  }
  return [...carried.values()];
}

/** Recordings before transcripts. */
function byKind(one: Json, other: Json): number {
  return Number(defaultKind(one) === 'transcript') - Number(defaultKind(other) === 'transcript');
}

/**
 * Brings a block that we created up to date with what its segment inherits: what has left the
 * inherited list leaves the block, what is new in it comes in right after its neighbour there. What
 * others added to the block stays, in its order.
 * @param list the block without our links
 * @param before hashes of what it inherited at our last write
 * @returns undefined if the block holds nothing but what it inherits
 */
function followInherited(
  list: readonly Json[],
  before: ReadonlySet<string>,
  inherited: readonly Json[],
): readonly Json[] | undefined {
  const isInherited = new Set(inherited.map(canonical));
  const isAdded = (item: Json) => !isInherited.has(canonical(item)) && !before.has(itemHash(item));
  if (!list.some(isAdded)) return undefined;

  const followed = list.filter((item) => isInherited.has(canonical(item)) || isAdded(item));
  let neighbour = -1;
  for (const item of inherited) {
    const found = followed.findIndex((other) => canonical(other) === canonical(item));
    if (found === -1) followed.splice(neighbour + 1, 0, item);
    neighbour = found === -1 ? neighbour + 1 : found;
  }
  return followed;
}

/** A holder of media with its list replaced; undefined if losing its list leaves it empty. */
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
