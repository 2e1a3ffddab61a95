import { type Json, textAt } from '../json.ts';
import { ledgerAttribute, parseLedger } from '../media/ledger.ts';
import type { LedgerEntry } from '../media/ledger-entry.ts';
import {
  attributesOrNull,
  type Criterion,
  criteriaByKind,
  criteriaFor,
  type MatchKind,
  matches,
  matchKinds,
  type TaskSearch,
} from './criteria.ts';
import { BadRequest } from './errors.ts';
import { isInParts, isLong, maxExpressionLengths, toExpressions } from './expression.ts';
import type { CallCounter, ListedTask, TaskRouter } from './task-router.ts';

/**
 * The Tasks that each change matches, in the same order. Empty if there is none.
 *
 * One search serves all changes. If Task SIDs name all Tasks, it makes no request. Otherwise it makes one
 * `evaluate`, or several for very many values. If an expression cannot contain a value, it lists all Tasks, for all
 * values. It checks the Tasks that are returned: an expression may find too many, but no wrong Task is linked.
 * @throws TaskRouterError
 */
export async function findTasks(
  taskRouter: TaskRouter,
  queries: readonly TaskSearch[],
  counter?: CallCounter,
): Promise<(readonly MatchedTask[])[]> {
  const tasks = parseTasks(await search(taskRouter, queries.flatMap(criteriaFor), counter));
  return queries.map((each) => matchTasks(each, tasks));
}

/** Clients for which Twilio rejected a long expression, perhaps because of its length. */
const takesShortOnly = new WeakSet<TaskRouter>();

/** Clients for which `CONTAINS` has found part of a string. */
const confirmed = new WeakSet<TaskRouter>();

/**
 * Twilio lists `CONTAINS` among the operators for scalars, but does not document how it compares strings. An
 * attribute is searched for by parts of its value only after this was seen to work, because otherwise the Task
 * would never be found. A ledger is always searched for by `CONTAINS`, because a list each time would cost too
 * much. If Twilio rejects that, the Tasks that match the other criteria are still found.
 * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 */
async function search(
  taskRouter: TaskRouter,
  criteria: readonly Criterion[],
  counter: CallCounter | undefined,
): Promise<readonly ListedTask[]> {
  const isShort = takesShortOnly.has(taskRouter);
  const { long, short } = maxExpressionLengths;
  const expressions = toExpressions(criteria, isShort ? short : long);
  if (expressions === undefined) return taskRouter.listTasks(counter);
  const hasParts = criteria.some(isInParts);
  if (hasParts && !(await findsParts(taskRouter, counter))) return taskRouter.listTasks(counter);
  try {
    const lists = expressions.map((each) => taskRouter.evaluate(each, counter));
    return (await Promise.all(lists)).flat();
  } catch (failure) {
    if (!(failure instanceof BadRequest)) throw failure;
    // The length may be the cause. With short expressions, very many changes need a second search.
    if (!isShort && expressions.some(isLong)) {
      takesShortOnly.add(taskRouter);
      return search(taskRouter, criteria, counter);
    }
    if (hasParts) return taskRouter.listTasks(counter);
    const others = criteria.filter(({ match }) => match === 'equal');
    if (others.length === criteria.length) throw failure;
    return search(taskRouter, others, counter);
  }
}

/** Asks Twilio once. If the answer is no, it asks again the next time, because perhaps there was no Task. */
async function findsParts(
  taskRouter: TaskRouter,
  counter: CallCounter | undefined,
): Promise<boolean> {
  if (!confirmed.has(taskRouter) && (await taskRouter.containsFindsParts(counter))) {
    confirmed.add(taskRouter);
  }
  return confirmed.has(taskRouter);
}

/** A Task of a list, with parsed attributes. */
interface ParsedTask extends Omit<ListedTask, 'attributes'> {
  attributes: Json;
}

/** Tasks in the form for `matchTasks`. Each is parsed once, for any number of changes. */
export function parseTasks(tasks: readonly ListedTask[]): readonly ParsedTask[] {
  return tasks.map((task) => ({ ...task, attributes: attributesOrNull(task.attributes) }));
}

/** A Task that a change matches. */
export interface MatchedTask {
  taskSid: string;
  matchedBy: MatchKind;
  /** The ticket in its ledger. */
  ledgerEntry: LedgerEntry | undefined;
  /** The Task's status, if the list contains it. */
  status: ListedTask['status'];
}

/**
 * The Tasks that a change matches, each once. The Task of its SID is always one of them, even if it is not among
 * the given Tasks.
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

/**
 * The ticket's entry in a ledger. Also undefined if the ledger is not readable: the rewrite of the Task reports
 * that.
 */
function findLedgerEntry(ledger: string | undefined, ticket: string): LedgerEntry | undefined {
  if (ledger === undefined) return undefined;
  try {
    return parseLedger(ledger).tickets.get(ticket);
  } catch {
    return undefined;
  }
}
