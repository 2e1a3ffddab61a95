import { effectiveMedia, mediaList } from '../../shared/media/effective-media.ts';
import { isTarget } from '../../shared/media/is-target.ts';
import { isObject, type Json, type JsonObject } from '../../shared/media/json.ts';
import { type Ledger, ledgerAttribute } from '../../shared/media/ledger.ts';
import { readAttributes, readLedger } from '../../shared/media/read-attributes.ts';
import type { Case } from './judge.ts';

/** A Task's attributes as they stand, in their parts. */
export interface Standing {
  readonly attributes: JsonObject;
  readonly ledger: Ledger;
  /** What each segment shows that ought to have our links. */
  readonly segments: ReadonlyMap<string, readonly Json[]>;
  /** Every media list that there is, by where it stands. */
  readonly lists: ReadonlyMap<string, readonly Json[]>;
}

/** Every media list of some attributes: the Task's own, and those of single segments. */
export const listsOf = (attributes: JsonObject): ReadonlyMap<string, readonly Json[]> => {
  const blocks = attributes['reservation_attributes'];
  const holders: [string, Json | undefined][] = [
    ['conversations', attributes['conversations']],
    ...Object.entries(isObject(blocks) ? blocks : {}),
  ];
  return new Map(
    holders.flatMap(([place, holder]) => {
      const list = mediaList(holder);
      return list === undefined ? [] : [[place, list]];
    }),
  );
};

/** Reads a Task's attributes; a text where they cannot be read. */
export const readStanding = ({ attributes: text, reservations }: Case): Standing | string => {
  try {
    const attributes = readAttributes(text);
    return {
      attributes,
      ledger: readLedger(attributes),
      segments: new Map(
        reservations
          .filter(isTarget)
          .map(({ sid }) => [sid, effectiveMedia(attributes, sid)] as const),
      ),
      lists: listsOf(attributes),
    };
  } catch (error) {
    return `its attributes or ${ledgerAttribute} cannot be read: ${error}`;
  }
};

/** Whether an item is a link to one of these URLs. */
export const isLinkToOne =
  (urls: ReadonlySet<string>) =>
  (item: Json): item is JsonObject & { readonly url: string } =>
    isObject(item) && typeof item['url'] === 'string' && urls.has(item['url']);
