import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Link } from '../messages/ticket-change.ts';
import { byTicket, fingerprintOf, type Ledger, ledgerAttribute, printLedger } from './ledger.ts';
import { charactersPerUnit, isShown, type LedgerEntry, shortHash } from './ledger-entry.ts';
import type { Managed, TicketState } from './tickets.ts';
import { itemHash, type Unmanaged } from './unmanaged.ts';

/** A placeholder with the length of every fingerprint. */
const anyFingerprint = '....';

/** How our links are written. */
export interface Layout {
  /**
   * Whether links are written once for the whole Task, and for each segment that has its own list. Otherwise they
   * are written for each segment.
   */
  readonly atTaskLevel: boolean;
  readonly titled: boolean;
}

/** The attributes to write. The ledger is separate, because its fingerprint is computed only if they fit. */
interface Rendered {
  readonly attributes: JsonObject;
  /** How many lists contain our links. */
  readonly copies: number;
  readonly ledger: Omit<Ledger, 'fingerprint'>;
}

/**
 * Renders the unmanaged part, and our part after it, in one canonical form.
 * @param targets segments that show our links
 */
export function render(
  unmanaged: Unmanaged,
  managed: Managed,
  targets: readonly string[],
  layout: Layout,
): Rendered {
  const { extendedBlocks, carriesDefaults } = unmanaged;
  const links = linksOf(managed, layout);
  const filled = new Set(unmanaged.byReservation.keys());
  // A list that held nothing but our links ends with them.
  const ownLists = links.length > 0 ? unmanaged.ownLists : unmanaged.ownLists.intersection(filled);
  const needsLists = links.length > 0 || carriesDefaults;
  const isAtTaskLevel = needsLists && layout.atTaskLevel;
  const isTaskListOurs = isAtTaskLevel && unmanaged.taskList === undefined;
  const withLists = ownLists.union(extendedBlocks);
  const segments = targets.filter(
    (sid) => needsLists && (!layout.atTaskLevel || withLists.has(sid)),
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

/** Our links at the end of a list. They are in the order of the ticket keys, and each URL comes once. */
export function linksOf(managed: Managed, { titled }: Layout): readonly JsonObject[] {
  return shownLinks(managed).map(({ link: { type, url, title } }) =>
    titled && title !== undefined ? { type, url, title } : { type, url },
  );
}

/** The characters of all titles of our links in one list. Titles that are no longer known count too. */
export function titlesLength(managed: Managed): number {
  return shownLinks(managed)
    .filter((state) => state.titleUnits > 0)
    .reduce((sum, state) => sum + ',"title":'.length + state.titleUnits * charactersPerUnit, 0);
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

/** The ledger's entry of a ticket. It contains the title's length only if the link has no title. */
function entryOf({ link, ...entry }: TicketState, { titled }: Layout): LedgerEntry {
  const isDropped = isShown(entry) && !(titled && link?.title !== undefined);
  return { ...entry, titleUnits: isDropped ? entry.titleUnits : 0 };
}

/** The attributes with their ledger, as they are written. */
export function withLedger({ attributes, ledger }: Rendered): JsonObject {
  return putLedger(attributes, { ...ledger, fingerprint: fingerprintOf(attributes) });
}

/** A text of the attributes that has the same length as the text that is written. */
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
