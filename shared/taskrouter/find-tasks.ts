import { type Criterion, criteriaFor, type TaskSearch } from './criteria.ts';
import { BadRequest } from './errors.ts';
import { isInParts, toExpressions } from './expression.ts';
import { type MatchedTask, matchTasks, parseTasks } from './match-tasks.ts';
import type { CallCounter, ListedTask, TaskRouter } from './task-router.ts';

/**
 * The Tasks that each change matches, in the order given; empty if there is none.
 *
 * One search for all: no request if Task SIDs say it all, else one `evaluate` (very many values take more),
 * else, if an expression cannot hold a value, one list of all Tasks, which answers for the other values too. The
 * Tasks that come back are matched again here: an expression may find too many, but no wrong Task is ever linked.
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
  const expressions = toExpressions(criteria);
  if (expressions === undefined) return taskRouter.listTasks(counter);
  const hasParts = criteria.some(isInParts);
  if (hasParts && !(await findsParts(taskRouter, counter))) return taskRouter.listTasks(counter);
  try {
    const lists = expressions.map((each) => taskRouter.evaluate(each, counter));
    return (await Promise.all(lists)).flat();
  } catch (failure) {
    if (!(failure instanceof BadRequest)) throw failure;
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
