import { mediaList, reservationLists } from './effective-media.ts';
import { itemHash } from './follow-base.ts';
import type { Foreign } from './foreign-part.ts';
import { isArray, isObject, type Json, type JsonObject } from './json.ts';
import { byTicket, ledgerAttribute, printLedger } from './ledger.ts';
import type { Ours } from './merge-change.ts';
import { sealOf } from './seal.ts';

/** How ours are written: once for the whole Task or once a segment, with titles or without. */
export interface Style {
  readonly folded: boolean;
  readonly titled: boolean;
}

/** Our links as they stand at the end of a list: in ticket-key order, each URL once. */
export const linksOf = (ours: Ours, { titled }: Style): readonly JsonObject[] => {
  const links = new Map<string, JsonObject>();
  for (const [, { link }] of [...ours.tickets].sort(byTicket)) {
    if (link === undefined || links.has(link.url)) continue;
    const { type, url, title } = link;
    links.set(url, titled && title !== undefined ? { type, url, title } : { type, url });
  }
  return [...links.values()];
};

/**
 * Whether ours may stand once at task level: every segment that shows them inherits, and nobody put
 * anything into its block. Then no segment shows anything else for it.
 */
export const isFoldable = (foreign: Foreign, targets: readonly string[]): boolean => {
  const conversations = foreign.attributes['conversations'] ?? {};
  const media = isObject(conversations) ? (conversations['media'] ?? []) : undefined;
  return (
    isArray(media) && targets.every((sid) => !foreign.own.has(sid) && !foreign.extended.has(sid))
  );
};

const put = (object: Json | undefined, key: string, value: Json): JsonObject => ({
  ...(isObject(object) ? object : {}),
  [key]: value,
});

/**
 * The attributes as they should be: what others put there, and ours upon it, in one canonical form.
 * @param targets reservations that show our links
 */
export const dress = (
  foreign: Foreign,
  ours: Ours,
  targets: readonly string[],
  style: Style,
): JsonObject => {
  const links = linksOf(ours, style);
  const dressed = links.length > 0 && !style.folded ? [...targets].sort() : [];
  const isFolded = links.length > 0 && style.folded;
  const isFoldedOverDefaults =
    isFolded && mediaList(foreign.attributes['conversations']) === undefined;
  const made = [...foreign.extended].filter((sid) => !dressed.includes(sid));
  const inherits = dressed.some((sid) => !foreign.own.has(sid)) || made.length > 0;

  let attributes = foreign.attributes;
  if (isFolded) {
    const conversations = put(attributes['conversations'], 'media', [...foreign.base, ...links]);
    attributes = put(attributes, 'conversations', conversations);
  }
  const lists = reservationLists(foreign.attributes);
  for (const sid of dressed) {
    const list = lists.get(sid) ?? (foreign.own.has(sid) ? [] : foreign.base);
    const blocks = attributes['reservation_attributes'];
    const block = isObject(blocks) && Object.hasOwn(blocks, sid) ? blocks[sid] : undefined;
    const withLinks = put(blocks, sid, put(block, 'media', [...list, ...links]));
    attributes = put(attributes, 'reservation_attributes', withLinks);
  }
  const ledger = printLedger({
    ...ours,
    base: inherits || isFoldedOverDefaults ? foreign.base.map(itemHash) : [],
    foldedOverDefaults: isFoldedOverDefaults,
    own: new Set(dressed.filter((sid) => foreign.own.has(sid))),
    made: new Set(made),
    seal: sealOf(attributes),
  });
  return ledger === undefined ? attributes : put(attributes, ledgerAttribute, ledger);
};
