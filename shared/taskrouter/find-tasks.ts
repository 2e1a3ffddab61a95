import { type Criterion, criteriaFor, type TaskSearch } from './criteria.ts';
import { BadRequest } from './errors.ts';
import { toExpressions } from './expression.ts';
import { type MatchedTask, matchTasks, parseTasks } from './match-tasks.ts';
import type { CallCounter, ListedTask, TaskRouter } from './task-router.ts';

/**
 * The Tasks that each change matches, in the order given; empty if there is none.
 *
 * One search for all: no request if Task SIDs say it all, else one `evaluate` (very many values take more),
 * else, if an expression cannot hold a value, one list of all Tasks. The Tasks that come back are matched
 * again here: an expression may find too many, but no wrong Task is ever linked.
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

/**
 * Twilio documents `CONTAINS` among the operators for scalars, but not what it does with strings. If it rejects
 * that, the Tasks that match the other criteria are found all the same.
 * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 */
async function search(
  taskRouter: TaskRouter,
  criteria: readonly Criterion[],
  counter: CallCounter | undefined,
): Promise<readonly ListedTask[]> {
  const expressions = toExpressions(criteria);
  if (expressions === undefined) return taskRouter.listTasks(counter);
  try {
    const lists = expressions.map((each) => taskRouter.evaluate(each, counter));
    return (await Promise.all(lists)).flat();
  } catch (failure) {
    const others = criteria.filter(({ match }) => match === 'equal');
    if (!(failure instanceof BadRequest) || others.length === criteria.length) throw failure;
    return search(taskRouter, others, counter);
  }
}
