import type { TaskFields } from '../../local/twin/stored.ts';

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
