import type { TicketChange } from '../../../shared/message/ticket-change.ts';
import { versionBefore } from '../../../shared/message/version-before.ts';
import { hasSid } from '../../../shared/taskrouter/correlation.ts';
import type { FoundTask } from '../../../shared/taskrouter/match-tasks.ts';
import type { Outcome } from './outcome.ts';

/** A Task, and what is to be applied there. */
export interface Target {
  readonly taskSid: string;
  readonly change: TicketChange;
  /** The Task's status, where a search told it. */
  readonly status?: FoundTask['status'];
  /** Whether it names the ticket itself, in the attribute of the correlation. */
  readonly namesTicket: boolean;
}

/** What is to be done for a change, or what it has come to without a visit to any Task. */
export type Decision =
  | {
      readonly targets: readonly Target[];
      /** Whether a later change of the same batch has the last word on where the ticket is. */
      readonly superseded?: true;
    }
  | { readonly outcome: Outcome };

/**
 * Whether a Task that a change is not for knows better: the ticket has moved on since, or is gone. A
 * Task that names the ticket itself keeps its link wherever the ticket is, so that says nothing.
 */
const knowsBetter = ({ found, namesTicket, known }: FoundTask, change: TicketChange): boolean => {
  if (found === 'named' || known === undefined) return false;
  const version = BigInt(change.version);
  return known.urlHash === undefined
    ? known.version >= version
    : known.version > version && !namesTicket;
};

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
export const targetsOf = (change: TicketChange, found: readonly FoundTask[]): Decision => {
  const { link, alone, correlation } = change;
  if (link !== null && found.some((task) => knowsBetter(task, change))) {
    return { outcome: { outcome: 'stale' } };
  }
  const left = { ...change, link: null, version: versionBefore(change.version) };
  const isKept = ({ namesTicket, found }: FoundTask): boolean =>
    namesTicket && (link === null ? !alone && hasSid(correlation) : found === 'elsewhere');
  // Where the link goes, its version will tell what is late: no need to raise those of tombstones.
  const isPlaced = link !== null && found.some((task) => task.found === 'named');
  const isGoneAlready = ({ found, known }: FoundTask): boolean =>
    isPlaced && found === 'elsewhere' && known !== undefined && known.urlHash === undefined;
  const targets = found
    .filter((task) => !isKept(task) && !isGoneAlready(task))
    .map(({ taskSid, found, status, namesTicket }) => ({
      taskSid,
      change: link !== null && found === 'elsewhere' ? left : change,
      status,
      namesTicket,
    }));
  return { targets };
};
