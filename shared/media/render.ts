import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Link } from '../messages/ticket-change.ts';
import { byTicket, fingerprintOf, type Ledger, ledgerAttribute, printLedger } from './ledger.ts';
import { charactersPerUnit, isShown, type LedgerEntry, shortHash } from './ledger-entry.ts';
import type { Managed, TicketState } from './tickets.ts';
import { itemHash, type Unmanaged } from './unmanaged.ts';

/** As long as every other. */
const anyFingerprint = '....';

/** How our links are written. */
export interface Layout {
  /** Once for the whole Task, and for each segment that has a list of its own, instead of once for each segment. */
  readonly atTaskLevel: boolean;
  readonly titled: boolean;
}

/** Attributes as they should be. The ledger is apart: its fingerprint is worth making only if they fit. */
interface Rendered {
  readonly attributes: JsonObject;
  /** In how many lists our links are. */
  readonly copies: number;
  readonly ledger: Omit<Ledger, 'fingerprint'>;
}

/**
 * Renders the unmanaged part and ours after it, in one canonical form.
 * @param targets reservations that show our links
 */
export function render(
  unmanaged: Unmanaged,
  managed: Managed,
  targets: readonly string[],
  layout: Layout,
): Rendered {
  const { ownLists, extendedBlocks, carriesDefaults } = unmanaged;
  const links = linksOf(managed, layout);
  const needsLists = links.length > 0 || carriesDefaults;
  const isAtTaskLevel = needsLists && layout.atTaskLevel;
  const isTaskListOurs = isAtTaskLevel && unmanaged.taskList === undefined;
  const withLists = ownLists.union(extendedBlocks);
  const segments = targets.filter(
    (sid) => needsLists && (!layout.atTaskLevel || (links.length > 0 && withLists.has(sid))),
  );
  const created = new Set(segments).union(extendedBlocks).difference(ownLists);

  let { attributes } = unmanaged;
  if (isAtTaskLevel) {
    const media = [...unmanaged.inherited, ...links];
    attributes = put(attributes, 'conversations', put(attributes['conversations'], 'media', media));
  }
  if (segments.length > 0) {
    const blocks = new Map(Object.entries(objectOf(attributes['reservation_attributes'])));
    for (const sid of segments.toSorted()) {
      const inherited = ownLists.has(sid) ? [] : unmanaged.inherited;
      const list = unmanaged.byReservation.get(sid) ?? inherited;
      blocks.set(sid, put(blocks.get(sid), 'media', [...list, ...links]));
    }
    attributes = put(attributes, 'reservation_attributes', Object.fromEntries(blocks));
  }
  return {
    attributes,
    copies: segments.length + (isAtTaskLevel ? 1 : 0),
    ledger: {
      watermarks: managed.watermarks,
      tickets: new Map(
        [...managed.tickets].map(([ticket, state]) => [ticket, entryOf(state, layout)]),
      ),
      inherited: isTaskListOurs || created.size > 0 ? unmanaged.inherited.map(itemHash) : [],
      inheritsDefaults: unmanaged.taskList === undefined,
      isTaskListOurs,
      ownLists: new Set(segments).intersection(ownLists),
      createdByUs: new Set([...created].map(shortHash)),
    },
  };
}

/** Our links as they are at the end of a list: in ticket-key order, each URL once. */
export function linksOf(managed: Managed, { titled }: Layout): readonly JsonObject[] {
  return shownLinks(managed).map(({ link: { type, url, title } }) =>
    titled && title !== undefined ? { type, url, title } : { type, url },
  );
}

/** Characters that all titles of our links take in one list, those included that are no longer known. */
export function titlesLength(managed: Managed): number {
  return shownLinks(managed)
    .filter((state) => state.titleUnits > 0)
    .reduce((sum, { link: { title }, titleUnits }) => {
      const known = title === undefined ? 0 : JSON.stringify(title).length;
      return sum + ',"title":'.length + Math.max(known, titleUnits * charactersPerUnit);
    }, 0);
}

function shownLinks(managed: Managed): readonly (TicketState & { link: Link })[] {
  const byUrl = new Map<string, TicketState & { link: Link }>();
  for (const [, state] of [...managed.tickets].sort(byTicket)) {
    const { link } = state;
    if (link !== undefined && isShown(state) && !byUrl.has(link.url)) {
      byUrl.set(link.url, { ...state, link });
    }
  }
  return [...byUrl.values()];
}

/** The ledger's entry of a ticket: it remembers a title only if the link has none. */
function entryOf({ link, ...entry }: TicketState, { titled }: Layout): LedgerEntry {
  const isDropped = isShown(entry) && !(titled && link?.title !== undefined);
  return { ...entry, titleUnits: isDropped ? entry.titleUnits : 0 };
}

/** The attributes as they are written, with their ledger. */
export function withLedger({ attributes, ledger }: Rendered): JsonObject {
  return putLedger(attributes, { ...ledger, fingerprint: fingerprintOf(attributes) });
}

/** The text of the attributes at the length that they are written with. */
export function draftOf({ attributes, ledger }: Rendered): string {
  return JSON.stringify(putLedger(attributes, { ...ledger, fingerprint: anyFingerprint }));
}

function putLedger(attributes: JsonObject, ledger: Ledger): JsonObject {
  const text = printLedger(ledger);
  return text === undefined ? attributes : put(attributes, ledgerAttribute, text);
}

function put(object: Json | undefined, key: string, value: Json): JsonObject {
  return { ...objectOf(object), [key]: value };
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
