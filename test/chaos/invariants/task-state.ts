import { isObject, type Json, type JsonObject } from '../../../shared/json.ts';
import {
  effectiveMedia,
  mediaList,
  readAttributes,
  readLedger,
} from '../../../shared/media/attributes.ts';
import { type Ledger, ledgerAttribute } from '../../../shared/media/ledger.ts';
import { isTarget } from '../../../shared/messages/segments.ts';
import type { TaskCase } from './invariants.ts';

/** A Task's attributes as they stand, in their parts. */
export interface TaskState {
  readonly attributes: JsonObject;
  readonly ledger: Ledger;
  /** What each segment shows that ought to have our links. */
  readonly segments: ReadonlyMap<string, readonly Json[]>;
  /** Every media list that there is, by where it stands. */
  readonly lists: ReadonlyMap<string, readonly Json[]>;
}

/** Every media list of some attributes: the Task's own, and those of single segments. */
export function mediaLists(attributes: JsonObject): ReadonlyMap<string, readonly Json[]> {
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
}

/** Reads a Task's attributes; a text where they cannot be read. */
export function readTaskState({ attributes: text, reservations }: TaskCase): TaskState | string {
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
      lists: mediaLists(attributes),
    };
  } catch (error) {
    return `its attributes or ${ledgerAttribute} cannot be read: ${error}`;
  }
}

/** Whether an item is a link to one of these URLs. */
export function isLinkToAny(urls: ReadonlySet<string>) {
  return (item: Json): item is JsonObject & { readonly url: string } =>
    isObject(item) && typeof item['url'] === 'string' && urls.has(item['url']);
}
