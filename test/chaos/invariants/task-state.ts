import { isObject, type Json, type JsonObject } from '../../../shared/json.ts';
import {
  effectiveMedia,
  mediaList,
  mediaLists,
  parseAttributes,
} from '../../../shared/media/attributes.ts';
import { type Ledger, ledgerAttribute } from '../../../shared/media/ledger.ts';
import { readLedger } from '../../../shared/media/task-media.ts';
import type { KnownTicket } from '../../../shared/messages/message.ts';
import { isTarget, type Reservation } from '../../../shared/messages/segments.ts';

/** What a Task may have been denied. */
export const invariants = [
  'lost',
  'foreignLost',
  'staleWins',
  'duplicates',
  /** It is not to the letter what it would be had all come in order, once, and undisturbed. */
  'notConverged',
] as const;

export type Invariant = (typeof invariants)[number];

/** A Task as it stands, and what it should say. */
export interface TaskCase {
  /** Which Task, for whoever reads of it. */
  readonly name: string;
  /** Its attributes as they stand. */
  readonly attributes: string;
  readonly reservations: readonly Reservation[];
  /** What its attributes would be if we did not exist. */
  readonly unmanagedAttributes: JsonObject;
  /** All changes for it that the door has acknowledged, in any order, and what it names itself. */
  readonly changes: readonly KnownTicket[];
}

export interface Violation {
  readonly invariant: Invariant;
  /** Which Task, what was expected and what stands. */
  readonly description: string;
}

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
export function listsByPlace(attributes: JsonObject): ReadonlyMap<string, readonly Json[]> {
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
    const attributes = parseAttributes(text);
    const effective = mediaLists(attributes);
    return {
      attributes,
      ledger: readLedger(attributes),
      segments: new Map(
        reservations
          .filter(isTarget)
          .map(({ sid }) => [sid, effectiveMedia(effective, sid)] as const),
      ),
      lists: listsByPlace(attributes),
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
