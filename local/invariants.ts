import { isObject, type Json, type JsonObject } from '../shared/json.ts';
import {
  effectiveMedia,
  mediaList,
  mediaLists,
  parseAttributes,
} from '../shared/media/attributes.ts';
import { type Ledger, ledgerAttribute } from '../shared/media/ledger.ts';
import { readLedger } from '../shared/media/task-media.ts';
import type { KnownTicket } from '../shared/messages/message.ts';
import { isTarget, type Reservation } from '../shared/messages/segments.ts';

export const invariants = [
  'lost',
  'foreignLost',
  'staleWins',
  'duplicates',
  /** The Task differs from its expected state: all changes arrived once, in order and without a fault. */
  'notConverged',
] as const;

type Invariant = (typeof invariants)[number];

/** The current state of a Task, and the data that decides its expected state. */
export interface TaskCase {
  /** The name of the Task in a violation's description. */
  readonly name: string;
  readonly attributes: string;
  readonly reservations: readonly Reservation[];
  /** The Task's attributes without our writes. */
  readonly unmanagedAttributes: JsonObject;
  /** All accepted changes for the Task, in any order, and the ticket that the Task attribute names. */
  readonly changes: readonly KnownTicket[];
  /** Tickets that the Task attribute named once and does not name now. The CRM did not assign them to a Task. */
  readonly left: readonly KnownTicket[];
}

export interface Violation {
  readonly invariant: Invariant;
  /** The Task, the expected and the actual value. */
  readonly description: string;
}

/** The parsed attributes of a Task. */
export interface TaskState {
  readonly attributes: JsonObject;
  readonly ledger: Ledger;
  /** The media of each segment that must show our links. */
  readonly segments: ReadonlyMap<string, readonly Json[]>;
  /** Every media list: key `conversations` for the list at task level, a segment's key for a list of its own. */
  readonly lists: ReadonlyMap<string, readonly Json[]>;
}

/** Every media list in the attributes, by its place: at task level, and of single segments. */
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

/** The state of a Task. If its attributes cannot be read: a text that says why. */
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

/**
 * The violations of a Task's tickets: tickets that are lost, older than their latest change, listed twice, or
 * listed although the Task does not name them any more.
 */
export function checkTickets(
  { changes, left }: Pick<TaskCase, 'changes' | 'left'>,
  state: TaskState,
): readonly Violation[] {
  const byTicket = Map.groupBy(changes, ({ ticket }) => ticket);
  return [
    ...[...byTicket].flatMap(([ticket, own]) => checkTicket(ticket, own, state) ?? []),
    ...findDuplicates(changes, state),
    ...findLeft(left, state),
  ];
}

function findLeft(left: readonly KnownTicket[], { lists }: TaskState): readonly Violation[] {
  const isLeft = isLinkToAny(linkUrls(left));
  return [...lists].flatMap(([place, list]): Violation[] =>
    list.filter(isLeft).map(({ url }) => ({
      invariant: 'staleWins',
      description: `${place} lists ${url}, which the Task does not name any more`,
    })),
  );
}

function isNewer(one: KnownTicket, other: KnownTicket): boolean {
  return BigInt(one.version) > BigInt(other.version);
}

function latestOf(changes: readonly KnownTicket[]): KnownTicket | undefined {
  return changes.reduce<KnownTicket | undefined>(
    (latest, change) => (latest === undefined || isNewer(change, latest) ? change : latest),
    undefined,
  );
}

function linkUrls(changes: readonly KnownTicket[]): ReadonlySet<string> {
  return new Set(changes.flatMap(({ link }) => link?.url ?? []));
}

function describeTicket({ version, link }: KnownTicket): string {
  return link ? `${link.url} in version ${version}` : `removed in version ${version}`;
}

/** The violation of one ticket, if it is missing or older than its latest change. */
function checkTicket(
  ticket: string,
  changes: readonly KnownTicket[],
  { ledger, segments }: TaskState,
): Violation | undefined {
  const latest = latestOf(changes);
  if (latest === undefined) return undefined;
  const entry = ledger.tickets.get(ticket);
  const known = `the ledger has ${entry === undefined ? 'no entry' : `version ${entry.version}`}`;
  const expected = `${ticket}: expected ${describeTicket(latest)}; ${known}`;
  if (entry !== undefined && entry.version < BigInt(latest.version)) {
    return { invariant: 'staleWins', description: expected };
  }
  const isOfTicket = isLinkToAny(linkUrls(changes));
  for (const [segment, shown] of segments) {
    const old = shown.filter(isOfTicket).find(({ url }) => url !== latest.link?.url);
    if (old !== undefined) {
      return { invariant: 'staleWins', description: `${expected}; ${segment} shows ${old.url}` };
    }
    const isShown = shown.some((item) => isOfTicket(item) && item.url === latest.link?.url);
    if (latest.link !== null && !isShown) {
      return { invariant: 'lost', description: `${expected}; ${segment} does not show it` };
    }
  }
  return entry === undefined ? { invariant: 'lost', description: expected } : undefined;
}

function findDuplicates(
  changes: readonly KnownTicket[],
  { lists }: TaskState,
): readonly Violation[] {
  const isManaged = isLinkToAny(linkUrls(changes));
  return [...lists].flatMap(([place, list]): Violation[] => {
    const urls = list.filter(isManaged).map(({ url }) => url);
    const [duplicate] = urls.filter((url, index) => urls.indexOf(url) !== index);
    return duplicate === undefined
      ? []
      : [{ invariant: 'duplicates', description: `${place} lists ${duplicate} more than once` }];
  });
}
