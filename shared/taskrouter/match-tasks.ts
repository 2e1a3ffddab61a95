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

/** A Task out of a list, its attributes as data. */
interface ParsedTask extends Omit<ListedTask, 'attributes'> {
  readonly attributes: Json;
}

/** Tasks as `matchTasks` takes them: each is read once, however many changes there are. */
export function parseTasks(tasks: readonly ListedTask[]): readonly ParsedTask[] {
  return tasks.map((task) => ({ ...task, attributes: attributesOrNull(task.attributes) }));
}

/** A Task that a change is about. */
export interface MatchedTask {
  readonly taskSid: string;
  /** Whether the correlation names it (`named`), or only its ledger knows the ticket. */
  readonly matchedBy: 'named' | 'elsewhere';
  /** Whether it names the ticket itself, in the attribute of the correlation. */
  readonly hasTicketAttribute: boolean;
  /** What its ledger knows of the ticket. */
  readonly ledgerEntry: LedgerEntry | undefined;
  /** Where the list told it. */
  readonly status: ListedTask['status'];
}

/**
 * Those of the Tasks that a change is about, each once. The Task that its SID names is one of them,
 * whether it is among those given or not.
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
        matchedBy: isCorrelated ? 'named' : 'elsewhere',
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
            matchedBy: 'named',
            hasTicketAttribute: false,
            ledgerEntry: undefined,
            status: undefined,
          },
        ];
  return [...new Map([...unlisted, ...found].map((task) => [task.taskSid, task])).values()];
}

/** Nothing is known either where the ledger cannot be read: whoever rewrites the Task will say so. */
function findLedgerEntry(ledger: string | undefined, ticket: string): LedgerEntry | undefined {
  if (ledger === undefined) return undefined;
  try {
    return parseLedger(ledger).tickets.get(ticket);
  } catch {
    return undefined;
  }
}
