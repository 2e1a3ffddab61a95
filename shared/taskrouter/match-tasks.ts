import { type Json, textAt } from '../json.ts';
import { type LedgerEntry, ledgerAttribute, parseLedger } from '../media/ledger.ts';
import {
  attributeCriteria,
  attributesOrNull,
  type Criterion,
  correlationCriteria,
  ledgerCriteria,
  matches,
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
  /** Whether the change's correlation matches it, or only its ledger, which has the ticket. */
  matchedBy: 'correlation' | 'ledger';
  /** Whether the Task names the ticket itself, in the attribute of the correlation. */
  hasTicketAttribute: boolean;
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
  const { ticket, correlation } = query;
  const { taskSid } = correlation;
  const criteria = {
    correlation: correlationCriteria(query),
    ledger: ledgerCriteria(query),
    attribute: attributeCriteria(correlation),
  };
  const found = tasks.flatMap(({ sid, attributes, status }): MatchedTask[] => {
    const matchesAny = (some: readonly Criterion[]) =>
      some.some((criterion) => matches(attributes, criterion));
    const isCorrelated = sid === taskSid || matchesAny(criteria.correlation);
    if (!isCorrelated && !matchesAny(criteria.ledger)) return [];
    return [
      {
        taskSid: sid,
        matchedBy: isCorrelated ? 'correlation' : 'ledger',
        hasTicketAttribute: matchesAny(criteria.attribute),
        ledgerEntry: findLedgerEntry(textAt(attributes, ledgerAttribute), ticket),
        status,
      },
    ];
  });
  const isListed = found.some((task) => task.taskSid === taskSid);
  const unlisted: MatchedTask[] =
    taskSid === undefined || isListed
      ? []
      : [
          {
            taskSid,
            matchedBy: 'correlation',
            hasTicketAttribute: false,
            ledgerEntry: undefined,
            status: undefined,
          },
        ];
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
