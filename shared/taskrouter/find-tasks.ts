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
 * The Tasks that each change matches, in the order given; empty if there is none.
 *
 * There is one search for all changes. If Task SIDs name all Tasks, it makes no request. Otherwise it makes one
 * `evaluate`, or several for very many values. If an expression cannot hold a value, it lists all Tasks, for all values.
 * It matches the Tasks that come back again: an expression may find too many, but no wrong Task is linked.
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

/** Those that have rejected a long expression, maybe for its length. */
const takesShortOnly = new WeakSet<TaskRouter>();

/** Those whose `CONTAINS` has been seen to find part of a string. */
const confirmed = new WeakSet<TaskRouter>();

/**
 * Twilio documents `CONTAINS` among the operators for scalars, but not what it does with strings. An attribute is
 * searched for by parts of its value only once that has been seen to work: else the Task would never be found. A
 * ledger is searched for by `CONTAINS` in any case, because a list each time would cost too much; if Twilio rejects it,
 * the Tasks that match the other criteria are found all the same.
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
    // Maybe for its length: the cost of short ones is a second search for very many changes.
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

/** Asks once, unless the answer is no: then there may just have been no Task. */
async function findsParts(
  taskRouter: TaskRouter,
  counter: CallCounter | undefined,
): Promise<boolean> {
  if (!confirmed.has(taskRouter) && (await taskRouter.containsFindsParts(counter))) {
    confirmed.add(taskRouter);
  }
  return confirmed.has(taskRouter);
}

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
