import type { TaskStore } from '../../../local/taskrouter/tasks/store.ts';
import type { StoredTask, TaskFields } from '../../../local/taskrouter/tasks/types.ts';

/** What the creator of a Task decides, with these attributes. */
export const taskFields = (attributes: object = {}): TaskFields => ({
  attributes: JSON.stringify(attributes),
  priority: 0,
  timeout: 86_400,
  taskChannel: 'voice',
  workflowSid: `WW${'1'.repeat(32)}`,
  taskQueueSid: `WQ${'2'.repeat(32)}`,
  virtualStartTime: undefined,
  routingTarget: null,
  ignoreCapacity: false,
});

const noOtherChanges = {
  status: undefined,
  reason: undefined,
  priority: undefined,
  taskChannel: undefined,
  virtualStartTime: undefined,
};

/** Writes attributes to a Task of the twin's, whoever does it. */
export const writeAttributes = (store: TaskStore, task: StoredTask, attributes: string): void =>
  store.update(task, { ...noOtherChanges, attributes });
