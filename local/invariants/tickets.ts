import type { KnownTicket } from '../../shared/messages/message.ts';
import { isLinkToAny, type TaskCase, type TaskState, type Violation } from './task-state.ts';

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
