import type { TaskStore } from '../../../local/taskrouter/tasks/store.ts';
import type { StoredTask, TaskFields } from '../../../local/taskrouter/tasks/types.ts';

/** The fields of a new Task with these attributes. */
export function taskFields(attributes: object = {}): TaskFields {
  return {
    attributes: JSON.stringify(attributes),
    priority: 0,
    timeout: 86_400,
    taskChannel: 'voice',
    workflowSid: `WW${'1'.repeat(32)}`,
    taskQueueSid: `WQ${'2'.repeat(32)}`,
    virtualStartTime: undefined,
    routingTarget: null,
    ignoreCapacity: false,
  };
}

/** Replaces the attributes of a Task in the store. */
export function writeAttributes(store: TaskStore, task: StoredTask, attributes: string): void {
  store.update(task, { attributes });
}
