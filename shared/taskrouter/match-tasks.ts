import { type Json, textAt } from '../json.ts';
import { ledgerAttribute, parseLedger } from '../media/ledger.ts';
import type { LedgerEntry } from '../media/ledger-entry.ts';
import {
  attributesOrNull,
  criteriaByKind,
  type MatchKind,
  matches,
  matchKinds,
  type TaskSearch,
} from './criteria.ts';
import type { ListedTask } from './task-router.ts';

/** A Task of a list, its attributes parsed. */
interface ParsedTask extends Omit<ListedTask, 'attributes'> {
  attributes: Json;
}

/** Tasks as `matchTasks` takes them: each is parsed once, however many changes there are. */
export function parseTasks(tasks: readonly ListedTask[]): readonly ParsedTask[] {
  return tasks.map((task) => ({ ...task, attributes: attributesOrNull(task.attributes) }));
}

/** A Task that a change matches. */
export interface MatchedTask {
  taskSid: string;
  matchedBy: MatchKind;
  /** The ticket in its ledger. */
  ledgerEntry: LedgerEntry | undefined;
  /** If the list has it. */
  status: ListedTask['status'];
}

/**
 * Those of the Tasks that a change matches, each once. The Task of its SID is one of them, whether it is among
 * those given or not.
 */
export function matchTasks(
  query: TaskSearch,
  tasks: readonly ParsedTask[],
): readonly MatchedTask[] {
  const { taskSid } = query.correlation;
  const criteria = criteriaByKind(query);
  const found = tasks.flatMap(({ sid, attributes, status }): MatchedTask[] => {
    const matchedBy = matchKinds.find(
      (kind) =>
        (kind === 'sid' && sid === taskSid) ||
        criteria[kind].some((criterion) => matches(attributes, criterion)),
    );
    if (matchedBy === undefined) return [];
    const ledgerEntry = findLedgerEntry(textAt(attributes, ledgerAttribute), query.ticket);
    return [{ taskSid: sid, matchedBy, ledgerEntry, status }];
  });
  const isListed = found.some((task) => task.taskSid === taskSid);
  const unlisted: MatchedTask[] =
    taskSid === undefined || isListed
      ? []
      : [{ taskSid, matchedBy: 'sid', ledgerEntry: undefined, status: undefined }];
  return [...new Map([...unlisted, ...found].map((task) => [task.taskSid, task])).values()];
}

/** Undefined too if the ledger is not readable: the rewrite of the Task reports that. */
function findLedgerEntry(ledger: string | undefined, ticket: string): LedgerEntry | undefined {
  if (ledger === undefined) return undefined;
  try {
    return parseLedger(ledger).tickets.get(ticket);
  } catch {
    return undefined;
  }
}
