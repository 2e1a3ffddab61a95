import { canonical, isObject, type Json, type JsonObject } from '../json.ts';
import { defaultKind, mediaList } from './attributes.ts';
import { ledgerAttribute } from './ledger.ts';
import { shortHash } from './ledger-entry.ts';
import { itemsOfOurs, type TaskMedia } from './task-media.ts';

/** The unmanaged part of a Task: everything except our links, the blocks that we created and our ledger. */
export interface Unmanaged {
  readonly attributes: JsonObject;
  /** The list at task level that others wrote, if there is one. */
  readonly taskList: readonly Json[] | undefined;
  /** The items that segments without their own list show: the list at task level, otherwise the defaults. */
  readonly inherited: readonly Json[];
  /** Whether `inherited` contains a default that the Task no longer has. Only our lists show it. */
  readonly carriesDefaults: boolean;
  /** Lists of others, by reservation. For an extended block, the list includes the items that it inherits. */
  readonly byReservation: ReadonlyMap<string, readonly Json[]>;
  /** Segments that had their own list before we added to it. They inherit nothing. */
  readonly ownLists: ReadonlySet<string>;
  /** Blocks that we created, and that others have extended. */
  readonly extendedBlocks: ReadonlySet<string>;
}

/**
 * The unmanaged part of a Task.
 * @param urls the URLs of all links that count as ours, before and after the changes
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
  const createdSids = new Set(created.map(([sid]) => sid));
  const written = [taskItems, ...created.map(([, list]) => list)];
  const defaultsBefore = ledger.inheritsDefaults ? inheritedBefore : new Set<string>();
  const defaults = withCarried(lists.defaults, written, defaultsBefore);
  const inherited = taskList ?? defaults;

  const byReservation = new Map<string, readonly Json[]>();
  for (const [sid, list] of lists.byReservation) {
    const rest = withoutOurs(list);
    const kept = createdSids.has(sid)
      ? followInherited(rest, inheritedBefore, inherited)
      : nonEmpty(rest);
    if (kept !== undefined) byReservation.set(sid, kept);
  }

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
    carriesDefaults: taskList === undefined && defaults.length > lists.defaults.length,
    byReservation,
    ownLists: new Set(lists.byReservation.keys()).difference(createdSids),
    extendedBlocks: createdSids.intersection(new Set(byReservation.keys())),
  };
}

/** The hash of an item, as the ledger stores it for `inherited`. Items with the same meaning have the same hash. */
export function itemHash(item: Json): string {
  return shortHash(canonical(item));
}

/**
 * Whether we created a block. This stays true if somebody removes our link from it. It becomes false if somebody
 * replaces all its items.
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
 * The defaults, and those that our lists show and that the Task no longer has, e.g. because a plugin removed
 * `channelSid` at wrap-up. Each stays until another default replaces it.
 */
function withCarried(
  defaults: readonly Json[],
  lists: readonly (readonly Json[])[],
  defaultsBefore: ReadonlySet<string>,
): readonly Json[] {
  const byKind = new Map(defaults.map((item) => [defaultKind(item), item]));
  for (const item of lists.flat()) {
    const kind = defaultKind(item);
    if (!byKind.has(kind) && defaultsBefore.has(itemHash(item))) byKind.set(kind, item);
  }
  const inOrder = [byKind.get('recording'), byKind.get('transcript')];
  return inOrder.filter((item) => item !== undefined);
}

/**
 * Updates a block that we created, from the items that its segment inherits. If an item was removed from the
 * inherited list, it is removed from the block. A new inherited item is inserted right after the item that precedes
 * it there. Items that others added to the block stay, in their order.
 * @param list the block without our links
 * @param before hashes of the items that it inherited at our last write
 * @returns undefined if the block contains only inherited items
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

/** A holder of media with another list. Undefined if it would be empty without its list. */
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
