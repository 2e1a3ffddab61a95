import * as z from 'zod';
import { AttributesText } from './attributes.ts';
import { numberText, pastTimeText, sidText } from './form.ts';
import { taskStatuses } from './life-cycle.ts';
import type { TaskChange, TaskFields } from './stored.ts';
import { defaultQueueSid, defaultWorkflowSid } from './task-json.ts';

const TaskChannel = z.string().min(1, 'must not be empty');

/** Body of a create. Source: https://www.twilio.com/docs/taskrouter/api/task#create-a-task-resource */
export const createTaskForm = (now: () => number) =>
  z.object({
    Attributes: AttributesText.default('{}'),
    Priority: numberText().default(0),
    Timeout: numberText(1_209_600).default(86_400),
    TaskChannel: TaskChannel.default('default'),
    WorkflowSid: sidText('WW').default(defaultWorkflowSid),
    TaskQueueSid: sidText('WQ').default(defaultQueueSid),
    VirtualStartTime: pastTimeText(now).optional(),
    RoutingTarget: z.string().optional(),
    IgnoreCapacity: z.string().optional(),
  });

/** Only of a Task that is routed to a Worker; there it is the default. */
const ignoresCapacity = (target = '', asked = 'true'): boolean =>
  target.startsWith('WK') && ['true', '1', 'yes'].includes(asked);

export const toFields = (form: z.infer<ReturnType<typeof createTaskForm>>): TaskFields => ({
  attributes: form.Attributes,
  priority: form.Priority,
  timeout: form.Timeout,
  taskChannel: form.TaskChannel,
  workflowSid: form.WorkflowSid,
  taskQueueSid: form.TaskQueueSid,
  virtualStartTime: form.VirtualStartTime,
  routingTarget: form.RoutingTarget ?? null,
  ignoreCapacity: ignoresCapacity(form.RoutingTarget, form.IgnoreCapacity),
});

/**
 * Body of an update. Twilio asks for two requests to change the attributes and to wrap up or
 * complete; that one request for both is refused is a guess.
 * Source: https://www.twilio.com/docs/taskrouter/api/task#update-a-task-resource
 */
export const updateTaskForm = (now: () => number) =>
  z
    .object({
      Attributes: AttributesText.optional(),
      AssignmentStatus: z.enum(taskStatuses, `must be of ${taskStatuses.join(', ')}`).optional(),
      Reason: z.string().optional(),
      Priority: numberText().optional(),
      TaskChannel: TaskChannel.optional(),
      VirtualStartTime: pastTimeText(now).optional(),
    })
    .refine(
      ({ Attributes, AssignmentStatus }) =>
        Attributes === undefined ||
        (AssignmentStatus !== 'wrapping' && AssignmentStatus !== 'completed'),
      {
        path: ['Attributes'],
        error: 'must be changed by a request of its own, apart from AssignmentStatus',
      },
    );

export const toChange = (form: z.infer<ReturnType<typeof updateTaskForm>>): TaskChange => ({
  attributes: form.Attributes,
  status: form.AssignmentStatus,
  reason: form.Reason,
  priority: form.Priority,
  taskChannel: form.TaskChannel,
  virtualStartTime: form.VirtualStartTime,
});
