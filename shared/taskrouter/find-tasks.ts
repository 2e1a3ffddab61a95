import { type Criterion, criteriaFor, type TaskSearch } from './criteria.ts';
import { BadRequest } from './errors.ts';
import { toExpressions } from './expression.ts';
import { type MatchedTask, matchTasks, parseTasks } from './match-tasks.ts';
import type { CallCounter, ListedTask, TaskRouter } from './task-router.ts';

/**
 * The Tasks for each change wanted, in the order given; empty where there is none.
 *
 * All are looked for together: with no request where Task SIDs say it all, else with one `evaluate`
 * (very many values take more), else, where an expression cannot hold some value, with one listing
 * of all Tasks. Whatever comes back is matched again here, so that an expression may find too much
 * but never links a wrong Task.
 * @throws TaskRouterFailure
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
 * Twilio tells of `CONTAINS` among the operators for scalars, but not what it does with strings. Should
 * it refuse that, the Tasks with the other signs are found all the same.
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
