import { versionBefore } from '../../../shared/message/version-before.ts';
import type { Located } from './locate.ts';

type Found = Extract<Located, { readonly targets: unknown }>;

const isFound = (located: Located): located is Found => 'targets' in located;

/** Whether a change says where its ticket is, or that it is gone, and does so later than another. */
const isNewer = ({ delivery: { change } }: Found, { delivery }: Found): boolean => {
  if (!change.exclusive) return false;
  const [one, other] = [BigInt(change.version), BigInt(delivery.change.version)];
  return one > other || (one === other && change.link === null && delivery.change.link !== null);
};

const newest = (candidates: readonly Found[]): Found | undefined =>
  candidates.reduce<Found | undefined>(
    (best, newer) => (best === undefined || isNewer(newer, best) ? newer : best),
    undefined,
  );

/**
 * What the changes of one batch mean for each other. They were all looked for before any of them was
 * applied, so that no ledger tells yet what a later one of the same ticket says: that the ticket is
 * alone elsewhere, or gone. An older one is then a removal on Tasks that the later one does not name,
 * save where the Task names the ticket itself.
 */
export const newestWins = (located: readonly Located[]): readonly Located[] => {
  const byTicket = Map.groupBy(located.filter(isFound), ({ delivery }) => delivery.change.ticket);
  return located.map((found): Located => {
    if (!isFound(found)) return found;
    const { change } = found.delivery;
    const others = byTicket.get(change.ticket) ?? [];
    const newer = newest(others.filter((other) => isNewer(other, found)));
    if (newer === undefined || change.link === null) return found;

    const { link, version } = newer.delivery.change;
    const removal = {
      ...change,
      link: null,
      version: link === null ? version : versionBefore(version),
    };
    const linkedTaskSids = new Set(
      newer.targets.flatMap((t) => (t.change.link === null ? [] : t.taskSid)),
    );
    const targets = found.targets.map((target) => {
      const isKept =
        link !== null && (target.hasTicketAttribute || change.fromTaskAttribute === true);
      return linkedTaskSids.has(target.taskSid) || isKept ? target : { ...target, change: removal };
    });
    return { ...found, targets, superseded: true };
  });
};
