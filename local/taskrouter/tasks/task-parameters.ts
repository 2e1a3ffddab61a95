import * as z from 'zod';
import { taskStatuses } from '../../../shared/messages/segments.ts';
import type { SortKey } from '../http/paging.ts';
import { numberSchema, parseParameters, pastTimeSchema, sidSchema } from '../http/request.ts';
import type { Settings } from '../settings.ts';
import { compileExpression } from './expression.ts';
import { defaultQueueSid, defaultWorkflowSid, queueNameOf, workflowNameOf } from './task-json.ts';
import type { StoredTask, TaskChange, TaskFields } from './types.ts';

const TaskChannel = z.string().min(1, 'must not be empty');

/** Body of a create. Source: https://www.twilio.com/docs/taskrouter/api/task#create-a-task-resource */
export function createTaskForm(now: () => number) {
  return z.object({
    Attributes: AttributesText.default('{}'),
    Priority: numberSchema().default(0),
    Timeout: numberSchema(1_209_600).default(86_400),
    TaskChannel: TaskChannel.default('default'),
    WorkflowSid: sidSchema('WW').default(defaultWorkflowSid),
    TaskQueueSid: sidSchema('WQ').default(defaultQueueSid),
    VirtualStartTime: pastTimeSchema(now).optional(),
    RoutingTarget: z.string().optional(),
    IgnoreCapacity: z.string().optional(),
  });
}

export function toTaskFields(form: z.infer<ReturnType<typeof createTaskForm>>): TaskFields {
  return {
    attributes: form.Attributes,
    priority: form.Priority,
    timeout: form.Timeout,
    taskChannel: form.TaskChannel,
    workflowSid: form.WorkflowSid,
    taskQueueSid: form.TaskQueueSid,
    virtualStartTime: form.VirtualStartTime,
    routingTarget: form.RoutingTarget ?? null,
    ignoreCapacity: ignoresCapacity(form.RoutingTarget, form.IgnoreCapacity),
  };
}

/**
 * Body of an update. Twilio asks for separate requests to change the attributes and to wrap up or complete the
 * Task. That Twilio rejects one request for both is a guess.
 * Source: https://www.twilio.com/docs/taskrouter/api/task#update-a-task-resource
 */
export function updateTaskForm(now: () => number) {
  return z
    .object({
      Attributes: AttributesText.optional(),
      AssignmentStatus: z
        .enum(taskStatuses, `must be one of ${taskStatuses.join(', ')}`)
        .optional(),
      Reason: z.string().optional(),
      Priority: numberSchema().optional(),
      TaskChannel: TaskChannel.optional(),
      VirtualStartTime: pastTimeSchema(now).optional(),
    })
    .refine(
      ({ Attributes, AssignmentStatus }) =>
        Attributes === undefined ||
        (AssignmentStatus !== 'wrapping' && AssignmentStatus !== 'completed'),
      {
        path: ['Attributes'],
        error: 'cannot be changed together with AssignmentStatus: send two requests',
      },
    );
}

export function toTaskChange(form: z.infer<ReturnType<typeof updateTaskForm>>): TaskChange {
  return {
    attributes: form.Attributes,
    status: form.AssignmentStatus,
    reason: form.Reason,
    priority: form.Priority,
    taskChannel: form.TaskChannel,
    virtualStartTime: form.VirtualStartTime,
  };
}

/**
 * The longest attributes of a Task, white space included. Twilio's page says characters. It does not say whether
 * these are UTF-16 units (as counted here), code points or bytes.
 * Source: https://www.twilio.com/docs/taskrouter/limits
 */
const maxAttributesLength = 4096;

/** The attributes of a Task: the text of a JSON object. The text is stored unchanged. */
const AttributesText = z
  .string()
  .max(maxAttributesLength, `must not be longer than ${maxAttributesLength} characters`)
  .refine(isJsonObject, 'must be the text of a JSON object');

type SortValue = (task: StoredTask) => number;

const sortValues: Readonly<Record<string, SortValue>> = {
  DateCreated: (task) => task.number,
  Priority: (task) => task.priority,
  VirtualStartTime: (task) => task.virtualStartTime,
};

const orderings = new Map<string, SortValue>(
  Object.entries(sortValues).flatMap(([name, value]): [string, SortValue][] => [
    [`${name}:asc`, value],
    [`${name}:desc`, (task) => -value(task)],
  ]),
);

const Ordering = z
  .string()
  .refine(
    (text) => !(text.includes('DateCreated') && text.includes('VirtualStartTime')),
    'cannot sort by both DateCreated and VirtualStartTime',
  )
  .transform((text, context): SortValue[] =>
    text.split(',').map((order) => {
      const value = orderings.get(order);
      if (value !== undefined) return value;
      context.addIssue({
        code: 'custom',
        message: `must be one of ${[...orderings.keys()].join(', ')}`,
      });
      return z.NEVER;
    }),
  );

/**
 * Parameters of a list of Tasks, except those of paging.
 * Source: https://www.twilio.com/docs/taskrouter/api/task#read-multiple-task-resources
 */
export const TaskQuery = z.object({
  Priority: numberSchema().optional(),
  AssignmentStatus: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(taskStatuses, `must be one of ${taskStatuses.join(', ')}`)))
    .optional(),
  WorkflowSid: sidSchema('WW').optional(),
  WorkflowName: z.string().optional(),
  TaskQueueSid: sidSchema('WQ').optional(),
  TaskQueueName: z.string().optional(),
  EvaluateTaskAttributes: z.string().optional(),
  RoutingTarget: z.string().optional(),
  Ordering: Ordering.default([]),
  HasAddons: z.enum(['true', 'false'], 'must be true or false').optional(),
});

type TaskQuery = z.infer<typeof TaskQuery>;

/** The filters and the order of a list of Tasks. No two Tasks have the same sort key. */
interface TaskSelection {
  matches: (task: StoredTask) => boolean;
  sortKeyOf: (task: StoredTask) => SortKey;
}

/**
 * Reads the filters and the order of a list. Several statuses come as a repeated parameter, as the SDK sends them,
 * or joined by commas. Without `Ordering` the oldest Tasks come first.
 * @throws TwilioError 400 if a parameter is wrong, ExpressionError if the expression is malformed
 */
export function parseTaskQuery(
  parameters: URLSearchParams,
  contains: Settings['contains'],
): TaskSelection {
  const joined = new URLSearchParams(parameters);
  const statuses = parameters.getAll('AssignmentStatus');
  if (statuses.length > 0) joined.set('AssignmentStatus', statuses.join(','));
  const query = parseParameters(TaskQuery, joined);
  const { EvaluateTaskAttributes: expression } = query;
  const satisfies = expression === undefined ? () => true : compileExpression(expression, contains);
  return {
    matches: (task) => matchesQuery(query, task) && satisfies(JSON.parse(task.attributes)),
    sortKeyOf: (task) => [...query.Ordering.map((value) => value(task)), task.number],
  };
}

/** Whether `IgnoreCapacity` is in effect. It is true by default, and only for a Task that is routed to a worker. */
function ignoresCapacity(target = '', asked = 'true'): boolean {
  return target.startsWith('WK') && ['true', '1', 'yes'].includes(asked);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value);
  } catch {
    return false;
  }
}

function isUnsetOrEqual(wanted: unknown, actual: unknown) {
  return wanted === undefined || wanted === actual;
}

function matchesQuery(query: TaskQuery, task: StoredTask): boolean {
  return (
    isUnsetOrEqual(query.Priority, task.priority) &&
    (query.AssignmentStatus?.includes(task.status) ?? true) &&
    isUnsetOrEqual(query.WorkflowSid, task.workflowSid) &&
    isUnsetOrEqual(query.WorkflowName, workflowNameOf(task.workflowSid)) &&
    isUnsetOrEqual(query.TaskQueueSid, task.taskQueueSid) &&
    isUnsetOrEqual(query.TaskQueueName, queueNameOf(task.taskQueueSid)) &&
    isUnsetOrEqual(query.RoutingTarget, task.routingTarget) &&
    isUnsetOrEqual(query.HasAddons, 'false')
  );
}
