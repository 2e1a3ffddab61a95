import { type TicketChange, versionBefore } from '../messages/ticket-change.ts';
import { hasSid } from '../taskrouter/criteria.ts';
import { BadRequest } from '../taskrouter/errors.ts';
import { findTasks } from '../taskrouter/find-tasks.ts';
import type { MatchedTask } from '../taskrouter/match-tasks.ts';
import type { CallCounter } from '../taskrouter/task-router.ts';
import { logCrash } from './log-crash.ts';
import type { SyncOptions } from './options.ts';
import { outcomeOfError } from './outcome.ts';
import type { ChangeDelivery, Target, TargetsByDelivery, TargetsOrOutcome } from './types.ts';

/**
 * Finds the Tasks of all the deliveries with one search. A search that Twilio rejects is split in
 * halves, so that one bad value affects no other delivery. Never rejects: an error is the outcome of
 * the deliveries that it affects.
 */
export async function findTargets(
  options: Pick<SyncOptions, 'taskRouter' | 'logger'>,
  deliveries: readonly ChangeDelivery[],
  counter: CallCounter,
): Promise<TargetsByDelivery> {
  const changes = deliveries.map(({ message }) => message.change);
  try {
    const found = await findTasks(options.taskRouter, changes, counter);
    return new Map(
      deliveries.map((delivery, index) => [
        delivery,
        targetsFor(delivery.message.change, found[index] ?? []),
      ]),
    );
  } catch (error) {
    if (error instanceof BadRequest && deliveries.length > 1) {
      const middle = Math.ceil(deliveries.length / 2);
      const halves = [deliveries.slice(0, middle), deliveries.slice(middle)];
      const found = await Promise.all(halves.map((half) => findTargets(options, half, counter)));
      return new Map(found.flatMap((half) => [...half]));
    }
    logCrash(options.logger, error);
    const outcome = outcomeOfError(error);
    return new Map(
      deliveries.map((delivery) => {
        const isUrgent = outcome.outcome === 'retry' && delivery.message.meta.finishing;
        return [delivery, { outcome: isUrgent ? { ...outcome, finishing: true } : outcome }];
      }),
    );
  }
}

/**
 * Decides what a change means for each of the Tasks that match it.
 *
 * | change            | matched by                                  | applied there                   |
 * | ----------------- | ------------------------------------------- | ------------------------------- |
 * | link              | correlation                                 | the link                        |
 * | link, exclusive   | ledger                                      | a removal, one version before   |
 * | link, exclusive   | ledger, has the ticket's attribute          | nothing                         |
 * | link, exclusive   | ledger, has the ticket as removed           | nothing, if another Task matches|
 * |                   |                                             | by correlation                  |
 * | link, exclusive   | ledger, `isStaleElsewhere`                  | nothing anywhere: it is stale   |
 * | removal           | correlation                                 | the removal                     |
 * | removal           | a SID, has the ticket's attribute           | nothing                         |
 * | removal, exclusive| either                                      | the removal                     |
 *
 * So any order of arrival ends the same.
 */
export function targetsFor(
  change: TicketChange,
  matched: readonly MatchedTask[],
): TargetsOrOutcome {
  const { link, exclusive, correlation } = change;
  if (link !== null && matched.some((task) => isStaleElsewhere(task, change))) {
    return { outcome: { outcome: 'stale' } };
  }
  const removal = { ...change, link: null, version: versionBefore(change.version) };
  const isKept = ({ hasTicketAttribute, matchedBy }: MatchedTask): boolean =>
    hasTicketAttribute &&
    (link === null ? !exclusive && hasSid(correlation) : matchedBy === 'ledger');
  // The version of the link that is written makes late changes stale: a tombstone needs no newer one.
  const isLinkedHere =
    link !== null && matched.some(({ matchedBy }) => matchedBy === 'correlation');
  const isAlreadyRemoved = ({ matchedBy, ledgerEntry }: MatchedTask): boolean =>
    isLinkedHere &&
    matchedBy === 'ledger' &&
    ledgerEntry !== undefined &&
    ledgerEntry.urlHash === undefined;
  const targets = matched
    .filter((task) => !isKept(task) && !isAlreadyRemoved(task))
    .map(({ taskSid, matchedBy, status, hasTicketAttribute }): Target => {
      const isLeft = link !== null && matchedBy === 'ledger';
      return { taskSid, change: isLeft ? removal : change, status, hasTicketAttribute };
    });
  return { targets };
}

/**
 * Applies the changes of one batch to each other. All were searched for before any was applied, so no
 * ledger has what a later change of the same ticket says: that the ticket is exclusive elsewhere, or
 * deleted. An older change is then a removal on the Tasks that the later one does not link, unless
 * the Task names the ticket itself.
 */
export function newestWins(found: TargetsByDelivery): TargetsByDelivery {
  const all = [...found].flatMap(([delivery, result]): Candidate[] =>
    'targets' in result ? [{ change: delivery.message.change, targets: result.targets }] : [],
  );
  const byTicket = Map.groupBy(all, ({ change }) => change.ticket);
  return new Map(
    [...found].map(([delivery, result]): [ChangeDelivery, TargetsOrOutcome] => {
      const { change, meta } = delivery.message;
      if (!('targets' in result) || change.link === null) return [delivery, result];
      const newer = newest(
        (byTicket.get(change.ticket) ?? []).filter((one) => isNewer(one, { change })),
      );
      if (newer === undefined) return [delivery, result];

      const { link, version } = newer.change;
      const removal = {
        ...change,
        link: null,
        version: link === null ? version : versionBefore(version),
      };
      const linkedTaskSids = new Set(
        newer.targets.flatMap((target) => (target.change.link === null ? [] : target.taskSid)),
      );
      const targets = result.targets.map((target) => {
        const isKept =
          link !== null && (target.hasTicketAttribute || meta.fromTaskAttribute === true);
        return linkedTaskSids.has(target.taskSid) || isKept
          ? target
          : { ...target, change: removal };
      });
      return [delivery, { targets, superseded: true }];
    }),
  );
}

/** A change that may be newer than another of its ticket. */
interface Candidate {
  change: TicketChange;
  targets: readonly Target[];
}

/** Whether a change is exclusive or a deletion, and later than another. */
function isNewer({ change }: Pick<Candidate, 'change'>, other: Pick<Candidate, 'change'>): boolean {
  if (!change.exclusive) return false;
  const [version, otherVersion] = [BigInt(change.version), BigInt(other.change.version)];
  const isRemoval = change.link === null && other.change.link !== null;
  return version > otherVersion || (version === otherVersion && isRemoval);
}

function newest(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>(
    (best, one) => (best === undefined || isNewer(one, best) ? one : best),
    undefined,
  );
}

/**
 * Whether a Task that a change does not name shows that the change is stale: the ticket has moved on
 * since, or is deleted. A Task that names the ticket itself keeps its link wherever the ticket is, so
 * its link proves nothing.
 */
function isStaleElsewhere(
  { matchedBy, hasTicketAttribute, ledgerEntry }: MatchedTask,
  change: TicketChange,
): boolean {
  if (matchedBy === 'correlation' || ledgerEntry === undefined) return false;
  const version = BigInt(change.version);
  return ledgerEntry.urlHash === undefined
    ? ledgerEntry.version >= version
    : ledgerEntry.version > version && !hasTicketAttribute;
}
