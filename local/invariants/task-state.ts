import { isObject, type Json, type JsonObject } from '../../shared/json.ts';
import {
  effectiveMedia,
  mediaList,
  mediaLists,
  parseAttributes,
} from '../../shared/media/attributes.ts';
import { type Ledger, ledgerAttribute } from '../../shared/media/ledger.ts';
import { readLedger } from '../../shared/media/task-media.ts';
import type { KnownTicket } from '../../shared/messages/message.ts';
import { isTarget, type Reservation } from '../../shared/messages/segments.ts';

export const invariants = [
  'lost',
  'foreignLost',
  'staleWins',
  'duplicates',
  /** It is not exactly what it would be if all changes had arrived once, in order and undisturbed. */
  'notConverged',
] as const;

export type Invariant = (typeof invariants)[number];

/** A Task as it is, and what decides what it should be. */
export interface TaskCase {
  /** Which Task, for the description of a violation. */
  readonly name: string;
  readonly attributes: string;
  readonly reservations: readonly Reservation[];
  /** What its attributes would be if we did not exist. */
  readonly unmanagedAttributes: JsonObject;
  /** All acknowledged changes for it, in any order, and the ticket of its own attribute. */
  readonly changes: readonly KnownTicket[];
  /** The tickets that it named once, does not name any more, and that the CRM placed nowhere. */
  readonly left: readonly KnownTicket[];
}

export interface Violation {
  readonly invariant: Invariant;
  /** Which Task, the expected and the actual value. */
  readonly description: string;
}

/** The attributes of a Task, in their parts. */
export interface TaskState {
  readonly attributes: JsonObject;
  readonly ledger: Ledger;
  /** The media of each segment that must have our links. */
  readonly segments: ReadonlyMap<string, readonly Json[]>;
  /** Every media list, by its place. */
  readonly lists: ReadonlyMap<string, readonly Json[]>;
}

/** Every media list of attributes: the Task's own, and those of single segments. */
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

/** The state of a Task; a text that says why its attributes cannot be read. */
export function readTaskState({
  attributes: text,
  reservations,
}: Pick<TaskCase, 'attributes' | 'reservations'>): TaskState | string {
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
