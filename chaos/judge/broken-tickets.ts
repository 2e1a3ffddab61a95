import type { KnownTicket } from '../../shared/message/settle.ts';
import type { Broken, Case } from './judge.ts';
import { isLinkToOne, type Standing } from './standing.ts';

const isNewer = (one: KnownTicket, other: KnownTicket): boolean =>
  BigInt(one.version) > BigInt(other.version);

const latestOf = (changes: readonly KnownTicket[]): KnownTicket | undefined =>
  changes.reduce<KnownTicket | undefined>(
    (latest, change) => (latest === undefined || isNewer(change, latest) ? change : latest),
    undefined,
  );

const urlsOf = (changes: readonly KnownTicket[]): ReadonlySet<string> =>
  new Set(changes.flatMap(({ link }) => link?.url ?? []));

const said = ({ version, link }: KnownTicket): string =>
  link === null ? `taken away in version ${version}` : `${link.url} in version ${version}`;

/** What of one ticket is not as its latest change says: older, or not there. */
const brokenTicket = (
  ticket: string,
  changes: readonly KnownTicket[],
  { ledger, segments }: Standing,
): Broken | undefined => {
  const latest = latestOf(changes);
  if (latest === undefined) return undefined;
  const entry = ledger.tickets.get(ticket);
  const known = `the ledger knows ${entry === undefined ? 'nothing of it' : `version ${entry.version}`}`;
  const expected = `${ticket} should be ${said(latest)}; ${known}`;
  if (entry !== undefined && entry.version < BigInt(latest.version)) {
    return { promise: 'staleWins', what: expected };
  }
  const isOfTicket = isLinkToOne(urlsOf(changes));
  for (const [segment, shown] of segments) {
    const old = shown.filter(isOfTicket).find(({ url }) => url !== latest.link?.url);
    if (old !== undefined) {
      return { promise: 'staleWins', what: `${expected}; ${segment} shows ${old.url}` };
    }
    const isShown = shown.some((item) => isOfTicket(item) && item.url === latest.link?.url);
    if (latest.link !== null && !isShown) {
      return { promise: 'lost', what: `${expected}; ${segment} does not show it` };
    }
  }
  return entry === undefined ? { promise: 'lost', what: expected } : undefined;
};

const doubled = (changes: readonly KnownTicket[], { lists }: Standing): readonly Broken[] => {
  const isOurs = isLinkToOne(urlsOf(changes));
  return [...lists].flatMap(([place, list]): Broken[] => {
    const urls = list.filter(isOurs).map(({ url }) => url);
    const [twice] = urls.filter((url, index) => urls.indexOf(url) !== index);
    return twice === undefined
      ? []
      : [{ promise: 'duplicates', what: `${place} lists ${twice} more than once` }];
  });
};

/** Which of a Task's tickets are lost, older than they should be, or there twice. */
export const brokenTickets = (
  { changes }: Pick<Case, 'changes'>,
  standing: Standing,
): readonly Broken[] => {
  const byTicket = Map.groupBy(changes, ({ ticket }) => ticket);
  return [
    ...[...byTicket].flatMap(([ticket, own]) => brokenTicket(ticket, own, standing) ?? []),
    ...doubled(changes, standing),
  ];
};
