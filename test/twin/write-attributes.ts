import type { Store } from '../../local/twin/store.ts';
import type { StoredTask } from '../../local/twin/stored.ts';

const nothingElse = {
  status: undefined,
  reason: undefined,
  priority: undefined,
  taskChannel: undefined,
  virtualStartTime: undefined,
};

/** Writes attributes to a Task of the twin's, whoever does it. */
export const writeAttributes = (store: Store, task: StoredTask, attributes: string): void =>
  store.update(task, { ...nothingElse, attributes });
