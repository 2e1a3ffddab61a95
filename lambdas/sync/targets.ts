import { type TicketChange, versionBefore } from '../../shared/messages/ticket-change.ts';
import { hasSid } from '../../shared/taskrouter/criteria.ts';
import type { MatchedTask } from '../../shared/taskrouter/match-tasks.ts';
import type { Located } from './apply-batch.ts';
import type { Outcome } from './outcome.ts';

/** A Task, and what is to be applied there. */
interface Target {
  readonly taskSid: string;
  readonly change: TicketChange;
  /** The Task's status, where a search told it. */
  readonly status?: MatchedTask['status'];
  /** Whether it names the ticket itself, in the attribute of the correlation. */
  readonly hasTicketAttribute: boolean;
}

/** What is to be done for a change, or what it has come to without a visit to any Task. */
export type TargetsOrOutcome =
  | {
      readonly targets: readonly Target[];
      /** Whether a later change of the same batch has the last word on where the ticket is. */
      readonly superseded?: true;
    }
  | { readonly outcome: Outcome };

/**
 * Decides what a change means for each of the Tasks that were found for it.
 *
 * | change         | Task                                    | what is applied there           |
 * | -------------- | --------------------------------------- | ------------------------------- |
 * | link           | named                                   | the link                        |
 * | link, alone    | elsewhere                               | a removal, one version before   |
 * | link, alone    | elsewhere, names the ticket itself      | nothing                         |
 * | link, alone    | elsewhere, has it as taken away already | nothing, if it is named at all  |
 * | link, alone    | elsewhere, `knowsBetter`                | nothing anywhere: it is stale   |
 * | removal        | named                                   | the removal                     |
 * | removal        | named by a SID, names the ticket itself | nothing                         |
 * | removal, alone | any                                     | the removal                     |
 *
 * So any order of arrival ends the same.
 */
export function targetsFor(change: TicketChange, found: readonly MatchedTask[]): TargetsOrOutcome {
  const { link, exclusive, correlation } = change;
  if (link !== null && found.some((task) => isStaleElsewhere(task, change))) {
    return { outcome: { outcome: 'stale' } };
  }
  const removal = { ...change, link: null, version: versionBefore(change.version) };
  const isKept = ({ hasTicketAttribute, matchedBy: found }: MatchedTask): boolean =>
    hasTicketAttribute &&
    (link === null ? !exclusive && hasSid(correlation) : found === 'elsewhere');
  // Where the link goes, its version will tell what is late: no need to raise those of tombstones.
  const isLinkedHere = link !== null && found.some((task) => task.matchedBy === 'named');
  const isAlreadyRemoved = ({ matchedBy: found, ledgerEntry }: MatchedTask): boolean =>
    isLinkedHere &&
    found === 'elsewhere' &&
    ledgerEntry !== undefined &&
    ledgerEntry.urlHash === undefined;
  const targets = found
    .filter((task) => !isKept(task) && !isAlreadyRemoved(task))
    .map(({ taskSid, matchedBy: found, status, hasTicketAttribute }) => ({
      taskSid,
      change: link !== null && found === 'elsewhere' ? removal : change,
      status,
      hasTicketAttribute,
    }));
  return { targets };
}

type Found = Extract<Located, { readonly targets: unknown }>;

/**
 * What the changes of one batch mean for each other. They were all looked for before any of them was
 * applied, so that no ledger tells yet what a later one of the same ticket says: that the ticket is
 * alone elsewhere, or gone. An older one is then a removal on Tasks that the later one does not name,
 * save where the Task names the ticket itself.
 */
export function newestWins(located: readonly Located[]): readonly Located[] {
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
}

/**
 * Whether a Task that a change is not for knows better: the ticket has moved on since, or is gone. A
 * Task that names the ticket itself keeps its link wherever the ticket is, so that says nothing.
 */
function isStaleElsewhere(
  { matchedBy: found, hasTicketAttribute, ledgerEntry }: MatchedTask,
  change: TicketChange,
): boolean {
  if (found === 'named' || ledgerEntry === undefined) return false;
  const version = BigInt(change.version);
  return ledgerEntry.urlHash === undefined
    ? ledgerEntry.version >= version
    : ledgerEntry.version > version && !hasTicketAttribute;
}

function isFound(located: Located): located is Found {
  return 'targets' in located;
}

/** Whether a change says where its ticket is, or that it is gone, and does so later than another. */
function isNewer({ delivery: { change } }: Found, { delivery }: Found): boolean {
  if (!change.exclusive) return false;
  const [one, other] = [BigInt(change.version), BigInt(delivery.change.version)];
  return one > other || (one === other && change.link === null && delivery.change.link !== null);
}

function newest(candidates: readonly Found[]): Found | undefined {
  return candidates.reduce<Found | undefined>(
    (best, newer) => (best === undefined || isNewer(newer, best) ? newer : best),
    undefined,
  );
}
