import { type Context, Hono } from 'hono';
import { door, type TwinEnv } from './door.ts';
import { parseParameters, readForm } from './form.ts';
import { ifMatch } from './if-match.ts';
import { cutPage, parsePageQuery, printMeta } from './paging.ts';
import type { TwinState } from './state.ts';
import type { Operation } from './stats.ts';
import type { StoredTask } from './stored.ts';
import { createTaskForm, toChange, toFields, updateTaskForm } from './task-forms.ts';
import { printTask, versionHeaders } from './task-json.ts';
import { parseTaskSelection } from './task-list.ts';
import { notFound, preconditionFailed, tooManyRequests } from './twilio-errors.ts';

const list = '/v1/Workspaces/:WorkspaceSid/Tasks';
const one = '/v1/Workspaces/:WorkspaceSid/Tasks/:Sid';

const listOperation = (c: Context<TwinEnv>): Operation =>
  c.req.query('EvaluateTaskAttributes') === undefined ? 'listTasks' : 'evaluate';

/** The Tasks of a Workspace, as Twilio serves them. */
export const tasksApi = (state: TwinState): Hono<TwinEnv> => {
  const { store, now, options } = state;
  const print = (task: StoredTask) => printTask(task, state.workspace, now());
  const find = (c: Context<TwinEnv, typeof one>): StoredTask => {
    const task = store.find(c.req.param('Sid'));
    if (task === undefined) throw notFound(c.req.path);
    return task;
  };
  const findToWrite = (c: Context<TwinEnv, typeof one>): StoredTask => {
    const task = find(c);
    if (!ifMatch(c.req.header('If-Match'), task.version)) throw preconditionFailed();
    return task;
  };

  return new Hono<TwinEnv>()
    .post(
      list,
      door(state, () => 'createTask'),
      async (c) => {
        const task = store.create(
          toFields(parseParameters(createTaskForm(now), await readForm(c))),
        );
        return c.json(print(task), 201, versionHeaders(task));
      },
    )
    .get(list, door(state, listOperation), (c) => {
      if (listOperation(c) === 'evaluate' && !state.mayEvaluate()) throw tooManyRequests();
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const { matches, keyOf } = parseTaskSelection(searchParams);
      const page = cutPage(store.list().filter(matches), keyOf, query);
      const meta = printMeta('tasks', `${state.workspace.url}/Tasks`, searchParams, query, page);
      return c.json({ tasks: page.items.map(print), meta });
    })
    .get(
      one,
      door(state, () => 'fetchTask'),
      (c) => {
        const task = find(c);
        return c.json(print(task), 200, versionHeaders(task));
      },
    )
    .post(
      one,
      door(state, () => 'updateTask'),
      async (c) => {
        const form = await readForm(c);
        const task = findToWrite(c);
        store.update(task, toChange(parseParameters(updateTaskForm(now), form)));
        const answer = c.json(print(task), 200, versionHeaders(task));
        await options.onUpdate?.(task.sid);
        return answer;
      },
    )
    .delete(
      one,
      door(state, () => 'deleteTask'),
      (c) => {
        store.remove(findToWrite(c));
        return c.body(null, 204);
      },
    );
};
