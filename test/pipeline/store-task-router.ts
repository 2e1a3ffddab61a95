import { etagOf } from '../../local/taskrouter/http/request.ts';
import { compileExpression } from '../../local/taskrouter/tasks/expression.ts';
import type { TaskStore } from '../../local/taskrouter/tasks/store.ts';
import type { StoredTask } from '../../local/taskrouter/tasks/types.ts';
import { Conflict, NotFound } from '../../shared/taskrouter/errors.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { writeAttributes } from '../local/taskrouter/store-tasks.ts';

/**
 * TaskRouter as the sync calls it, directly on the emulator's store.
 * @param afterRead called after each read of a Task, so that a test can write before the sync does
 * @param beforeWrite called with the attributes before and after each write
 */
export const createStoreTaskRouter = (
  store: TaskStore,
  afterRead: () => void,
  beforeWrite: (current: string, written: string) => void,
) => {
  const calls = { reads: 0, writes: 0, searches: 0, conflicts: 0 };
  const find = (sid: string): StoredTask => {
    const task = store.find(sid);
    if (task === undefined) throw new NotFound('gone', { status: 404 });
    return task;
  };
  const print = ({ sid, attributes, version, status }: StoredTask) => ({
    sid,
    attributes,
    status,
    etag: etagOf(version),
  });
  const taskRouter: TaskRouter = {
    fetchTask: async (sid) => {
      calls.reads += 1;
      const task = print(find(sid));
      afterRead();
      return task;
    },
    listReservations: async (sid) => {
      calls.reads += 1;
      return find(sid).reservations.map(({ sid: reservation, status }) => ({
        sid: reservation,
        status,
      }));
    },
    updateAttributes: async (sid, attributes, etag) => {
      const task = find(sid);
      if (etag !== etagOf(task.version)) {
        calls.conflicts += 1;
        throw new Conflict('412', { status: 412 });
      }
      calls.writes += 1;
      beforeWrite(task.attributes, attributes);
      writeAttributes(store, task, attributes);
      return print(task);
    },
    evaluate: async (expression) => {
      calls.searches += 1;
      const matches = compileExpression(expression);
      return store
        .list()
        .filter(({ attributes }) => matches(JSON.parse(attributes)))
        .map(print);
    },
    listTasks: async () => store.list().map(print),
    containsFindsParts: async () => true,
  };
  return { taskRouter, calls };
};
