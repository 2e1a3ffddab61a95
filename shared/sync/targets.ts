import { greater } from '../media/tickets.ts';
import type { KnownTicket } from '../messages/message.ts';
import { type TicketChange, versionBefore } from '../messages/ticket-change.ts';
import type { MatchKind } from '../taskrouter/criteria.ts';
import { BadRequest } from '../taskrouter/errors.ts';
import { findTasks, type MatchedTask } from '../taskrouter/find-tasks.ts';
import type { CallCounter } from '../taskrouter/task-router.ts';
import { logCrash, type SyncOptions } from './options.ts';
import { outcomeOfError } from './outcome.ts';
import type { ChangeDelivery, Target, TargetsByDelivery, TargetsOrOutcome } from './types.ts';

/**
 * Finds the Tasks of all deliveries with one search. A search that Twilio rejects is split in halves, so that one
 * bad value affects no other delivery. Never rejects: an error is the outcome of the deliveries that it affects.
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
 * Decides what a change says of each of the Tasks that match it.
 *
 * | change             | matched by | what it says there                                               |
 * | ------------------ | ---------- | ---------------------------------------------------------------- |
 * | link               | SID        | the link; the CRM placed the ticket there                        |
 * | link               | attribute  | the link; if it is exclusive, also that the CRM placed it nowhere|
 * | link               | replaces   | the link, where the merged ticket was                            |
 * | link, exclusive    | ledger     | the ticket has left it, one version before                       |
 * |                    |            | nothing, if another Task gets the link and it is not placed here |
 * | link, exclusive    | ledger,    | it is stale: the ticket has left the Task of its SID, which may  |
 * |                    | `lastLeftAt` | have lost our ledger since                                     |
 * | removal, exclusive | any        | the ticket is deleted                                            |
 * | removal            | SID        | the ticket has left it                                           |
 * | removal            | attribute  | the ticket is deleted                                            |
 *
 * A ticket that has left a Task stays there as long as the Task names it. So any order of arrival ends
 * the same.
 */
export function targetsFor(
  change: TicketChange,
  matched: readonly MatchedTask[],
): TargetsOrOutcome {
  const isLink = change.link !== null;
  const leftAt = isLink ? lastLeftAt(matched, change) : undefined;
  if (leftAt !== undefined) {
    const ofSid = matched.filter(({ matchedBy }) => matchedBy === 'sid');
    const ticket = { ...knownTicket(change, 'sid'), placed: false, placedVersion: String(leftAt) };
    const targets = ofSid.map(({ taskSid, status }) => ({ taskSid, ticket, status }));
    return { targets, superseded: true };
  }
  // The version of the link that is written makes late changes stale, so no other Task needs a newer version.
  const isLinkedHere = isLink && matched.some(({ matchedBy }) => matchedBy !== 'ledger');
  const hasNotIt = ({ matchedBy, ledgerEntry }: MatchedTask): boolean =>
    isLinkedHere &&
    matchedBy === 'ledger' &&
    ledgerEntry !== undefined &&
    ledgerEntry.placement?.placed !== true;
  const targets = matched
    .filter((task) => !hasNotIt(task))
    .map(({ taskSid, matchedBy, status }) => ({
      taskSid,
      ticket: knownTicket(change, matchedBy),
      status,
    }));
  return { targets };
}

/**
 * Compares the changes of one batch with each other. All were searched for before any was applied. So no ledger has
 * the facts of a later change of the same ticket: that the ticket is exclusive elsewhere, or deleted. An older
 * change then becomes a removal on the Tasks that the later change does not link.
 */
export function newestWins(found: TargetsByDelivery): TargetsByDelivery {
  const all = [...found].flatMap(([delivery, result]): Candidate[] =>
    'targets' in result ? [{ change: delivery.message.change, targets: result.targets }] : [],
  );
  const byTicket = Map.groupBy(all, ({ change }) => change.ticket);
  return new Map(
    [...found].map(([delivery, result]): [ChangeDelivery, TargetsOrOutcome] => {
      const { change } = delivery.message;
      if (!('targets' in result) || change.link === null) return [delivery, result];
      const newer = newest(
        (byTicket.get(change.ticket) ?? []).filter((one) => isNewer(one, { change })),
      );
      if (newer === undefined) return [delivery, result];

      const left = knownTicket(newer.change, 'ledger');
      const linkedTaskSids = new Set(
        newer.targets.flatMap(({ taskSid, ticket }) => (ticket.link ? taskSid : [])),
      );
      const targets = result.targets.map((target) => {
        if (linkedTaskSids.has(target.taskSid)) return target;
        const isDeleted = left.link === null;
        const { placed: _placed, ...link } = target.ticket;
        // The Task may name the ticket. Then the ticket is linked there in any case.
        const ticket = isDeleted ? left : { ...link, placed: false, placedVersion: left.version };
        return { ...target, ticket };
      });
      return [delivery, { targets, superseded: true }];
    }),
  );
}

/** The facts of a change about its ticket on a Task. */
function knownTicket(change: TicketChange, matchedBy: MatchKind): KnownTicket {
  const { ticket, version, link, exclusive, correlation } = change;
  if (link === null) {
    const isDeleted = exclusive || matchedBy === 'attribute';
    return { ticket, version, ...(isDeleted && { link }), placed: false };
  }
  if (matchedBy === 'ledger') return { ticket, version: versionBefore(version), placed: false };
  if (matchedBy === 'sid') return { ticket, version, link, placed: true };
  const { replaces } = correlation;
  return {
    ticket,
    version,
    link,
    ...(replaces !== undefined && { replaces }),
    ...(exclusive && { placed: false }),
  };
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
 * The version at which a ticket left the conversation of a change. Tasks that the change does not name show it: the
 * ticket has moved later, or was deleted. Undefined if no Task shows that the change is stale. A Task that names
 * the ticket proves nothing.
 */
function lastLeftAt(matched: readonly MatchedTask[], change: TicketChange): bigint | undefined {
  const version = BigInt(change.version);
  const versions = matched.flatMap(({ matchedBy, ledgerEntry }): bigint[] => {
    const placement = ledgerEntry?.placement;
    if (matchedBy !== 'ledger' || placement === undefined) return [];
    const leftAt = placement.placed ? placement.version - 1n : placement.version;
    return leftAt >= version ? [leftAt] : [];
  });
  return versions.length === 0 ? undefined : versions.reduce((one, other) => greater(one, other));
}
