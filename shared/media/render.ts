import { isArray, isObject, type Json, type JsonObject } from '../json.ts';
import { byTicket, fingerprintOf, type Ledger, ledgerAttribute, printLedger } from './ledger.ts';
import type { Managed } from './tickets.ts';
import { itemHash, type Unmanaged } from './unmanaged.ts';

/** As long as every other. */
const anyFingerprint = '....';

/** How our links are written. */
export interface Layout {
  /** Once for the whole Task instead of once for each segment. */
  readonly atTaskLevel: boolean;
  readonly titled: boolean;
}

/** Attributes as they should be. The ledger is apart: its fingerprint is worth making only if they fit. */
interface Rendered {
  readonly attributes: JsonObject;
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
  const links = linksOf(managed, layout);
  const isAtTaskLevel = links.length > 0 && layout.atTaskLevel;
  const isTaskListOurs = isAtTaskLevel && unmanaged.taskList === undefined;
  const segments = links.length > 0 && !layout.atTaskLevel ? [...targets].sort() : [];
  const createdByUs = unmanaged.extendedBlocks.difference(new Set(segments));
  const someInherit =
    isTaskListOurs || createdByUs.size > 0 || segments.some((sid) => !unmanaged.ownLists.has(sid));

  let { attributes } = unmanaged;
  if (isAtTaskLevel) {
    const media = [...unmanaged.inherited, ...links];
    attributes = put(attributes, 'conversations', put(attributes['conversations'], 'media', media));
  }
  if (segments.length > 0) {
    const blocks = new Map(Object.entries(objectOf(attributes['reservation_attributes'])));
    for (const sid of segments) {
      const inherited = unmanaged.ownLists.has(sid) ? [] : unmanaged.inherited;
      const list = unmanaged.byReservation.get(sid) ?? inherited;
      blocks.set(sid, put(blocks.get(sid), 'media', [...list, ...links]));
    }
    attributes = put(attributes, 'reservation_attributes', Object.fromEntries(blocks));
  }
  return {
    attributes,
    ledger: {
      ...managed,
      inherited: someInherit ? unmanaged.inherited.map(itemHash) : [],
      isTaskListOurs,
      ownLists: new Set(segments).intersection(unmanaged.ownLists),
      createdByUs,
    },
  };
}

/** Our links as they are at the end of a list: in ticket-key order, each URL once. */
export function linksOf(managed: Managed, { titled }: Layout): readonly JsonObject[] {
  const links = new Map<string, JsonObject>();
  for (const [, { link }] of [...managed.tickets].sort(byTicket)) {
    if (link === undefined || links.has(link.url)) continue;
    const { type, url, title } = link;
    links.set(url, titled && title !== undefined ? { type, url, title } : { type, url });
  }
  return [...links.values()];
}

/**
 * Whether our links can be written once at task level: every target segment inherits, and nobody
 * added anything to its block. Then no segment shows anything else for it.
 */
export function fitsAtTaskLevel(unmanaged: Unmanaged, targets: readonly string[]): boolean {
  const conversations = unmanaged.attributes['conversations'] ?? {};
  return (
    isObject(conversations) &&
    isArray(conversations['media'] ?? []) &&
    targets.every((sid) => !unmanaged.ownLists.has(sid) && !unmanaged.extendedBlocks.has(sid))
  );
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
