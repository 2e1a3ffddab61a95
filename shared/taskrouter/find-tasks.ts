import { type Sign, signsOf, type Wanted } from './correlation.ts';
import { expressionsOf } from './expression.ts';
import { Invalid } from './failures.ts';
import { type FoundTask, matchTasks, readTasks } from './match-tasks.ts';
import type { ListedTask, Tally, TaskRouter } from './task-router.ts';

/**
 * The Tasks for each change wanted, in the order given; empty where there is none.
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
): Promise<(readonly FoundTask[])[]> => {
  const tasks = readTasks(await search(taskRouter, wanted.flatMap(signsOf), tally));
  return wanted.map((each) => matchTasks(each, tasks));
};

/**
 * Twilio tells of `CONTAINS` among the operators for scalars, but not what it does with strings. Should
 * it refuse that, the Tasks with the other signs are found all the same.
 * Source: https://www.twilio.com/docs/taskrouter/expression-syntax
 */
const search = async (
  taskRouter: TaskRouter,
  signs: readonly Sign[],
  tally: Tally | undefined,
): Promise<readonly ListedTask[]> => {
  const expressions = expressionsOf(signs);
  if (expressions === undefined) return taskRouter.listTasks(tally);
  try {
    const lists = expressions.map((each) => taskRouter.evaluate(each, tally));
    return (await Promise.all(lists)).flat();
  } catch (failure) {
    const others = signs.filter(({ match }) => match === 'equal');
    if (!(failure instanceof Invalid) || others.length === signs.length) throw failure;
    return search(taskRouter, others, tally);
  }
};
