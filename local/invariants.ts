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
  /** It is not exactly what it would be if all changes had arrived once, in order and undisturbed. */
  'notConverged',
] as const;

type Invariant = (typeof invariants)[number];

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

/** The tickets of a Task that are lost, older than they should be, listed twice, or there without a reason. */
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

/** How one ticket differs from its latest change: older, or missing. */
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
