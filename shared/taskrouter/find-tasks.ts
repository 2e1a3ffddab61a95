import { bears, readAttributes, signsOf, type Wanted } from './correlation.ts';
import { expressionsOf } from './expression.ts';
import type { Tally, TaskRouter } from './task-router.ts';

/**
 * The SIDs of the Tasks for each thing wanted, in the order given; empty where there is none.
 *
 * All are looked for together: with no request where Task SIDs say it all, else with one `evaluate`
 * (very many values take more), else, where an expression cannot hold some value, with one listing
 * of all Tasks. Whatever comes back is matched again here, so that an expression may find too much
 * but never links a wrong Task.
 * @throws TaskRouterFailure
 */
export const findTasks = async (
  taskRouter: TaskRouter,
  wanted: readonly Wanted[],
  tally?: Tally,
): Promise<string[][]> => {
  const searches = wanted.map((each) => ({
    taskSid: each.correlation.taskSid,
    signs: signsOf(each),
  }));
  const expressions = expressionsOf(searches.flatMap(({ signs }) => signs));
  const lists =
    expressions === undefined
      ? [await taskRouter.listTasks(tally)]
      : await Promise.all(expressions.map((each) => taskRouter.evaluate(each, tally)));
  const tasks = lists.flat().map(({ sid, attributes }) => ({
    sid,
    attributes: readAttributes(attributes),
  }));
  return searches.map(({ taskSid, signs }) => {
    const found = tasks.filter(({ attributes }) => signs.some((sign) => bears(attributes, sign)));
    const sids = found.map(({ sid }) => sid);
    return [...new Set(taskSid === undefined ? sids : [taskSid, ...sids])];
  });
};
