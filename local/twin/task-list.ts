import * as z from 'zod';
import { compile } from './expression.ts';
import { numberText, parseParameters, sidText } from './form.ts';
import { taskStatuses } from './life-cycle.ts';
import type { Key } from './paging.ts';
import type { StoredTask } from './stored.ts';
import { queueNameOf, workflowNameOf } from './task-json.ts';

type SortValue = (task: StoredTask) => number;

const sortValues: Readonly<Record<string, SortValue>> = {
  DateCreated: (task) => task.number,
  Priority: (task) => task.priority,
  VirtualStartTime: (task) => task.virtualStartTime,
};

const orders = new Map<string, SortValue>(
  Object.entries(sortValues).flatMap(([name, value]): [string, SortValue][] => [
    [`${name}:asc`, value],
    [`${name}:desc`, (task) => -value(task)],
  ]),
);

const Ordering = z
  .string()
  .refine(
    (text) => !(text.includes('DateCreated') && text.includes('VirtualStartTime')),
    'must not pair DateCreated with VirtualStartTime',
  )
  .transform((text, context): SortValue[] =>
    text.split(',').map((order) => {
      const value = orders.get(order);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: `must be of ${[...orders.keys()].join(', ')}` });
      return z.NEVER;
    }),
  );

/**
 * Parameters of a list of Tasks, but for those of paging.
 * Source: https://www.twilio.com/docs/taskrouter/api/task#read-multiple-task-resources
 */
export const TaskQuery = z.object({
  Priority: numberText().optional(),
  AssignmentStatus: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(taskStatuses, `must be of ${taskStatuses.join(', ')}`)))
    .optional(),
  WorkflowSid: sidText('WW').optional(),
  WorkflowName: z.string().optional(),
  TaskQueueSid: sidText('WQ').optional(),
  TaskQueueName: z.string().optional(),
  EvaluateTaskAttributes: z.string().transform(compile).optional(),
  RoutingTarget: z.string().optional(),
  Ordering: Ordering.default([]),
  HasAddons: z.enum(['true', 'false'], 'must be true or false').optional(),
});
type TaskQuery = z.infer<typeof TaskQuery>;

const same = (wanted: unknown, actual: unknown) => wanted === undefined || wanted === actual;

const matches = (query: TaskQuery, task: StoredTask): boolean =>
  same(query.Priority, task.priority) &&
  (query.AssignmentStatus?.includes(task.status) ?? true) &&
  same(query.WorkflowSid, task.workflowSid) &&
  same(query.WorkflowName, workflowNameOf(task.workflowSid)) &&
  same(query.TaskQueueSid, task.taskQueueSid) &&
  same(query.TaskQueueName, queueNameOf(task.taskQueueSid)) &&
  same(query.RoutingTarget, task.routingTarget) &&
  same(query.HasAddons, 'false') &&
  (query.EvaluateTaskAttributes?.(JSON.parse(task.attributes)) ?? true);

/** What a list of Tasks asks for: which ones, and their order (in full: no two have the same key). */
export interface TaskSelection {
  readonly matches: (task: StoredTask) => boolean;
  readonly keyOf: (task: StoredTask) => Key;
}

/**
 * Reads the filters and the order of a list. Several statuses come as a repeated parameter, as the
 * SDK sends them, or joined by commas. Without `Ordering` the oldest come first.
 * @throws TwilioError 400 for a wrong parameter, ExpressionError for a malformed expression.
 */
export const parseTaskSelection = (parameters: URLSearchParams): TaskSelection => {
  const joined = new URLSearchParams(parameters);
  const statuses = parameters.getAll('AssignmentStatus');
  if (statuses.length > 0) joined.set('AssignmentStatus', statuses.join(','));
  const query = parseParameters(TaskQuery, joined);
  return {
    matches: (task) => matches(query, task),
    keyOf: (task) => [...query.Ordering.map((value) => value(task)), task.number],
  };
};
