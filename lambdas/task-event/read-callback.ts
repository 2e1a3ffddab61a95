import * as z from 'zod';
import { FollowedEventName, fieldProblems, taskEventFields, validTime } from './event-fields.ts';
import type { ParsedEvent } from './task-router-event.ts';

/** `Timestamp` is in seconds; `TimestampMs`, where it is there, in milliseconds. */
const Callback = z.object({
  EventType: FollowedEventName,
  TaskSid: taskEventFields.taskSid,
  AccountSid: taskEventFields.accountSid,
  WorkspaceSid: taskEventFields.workspaceSid,
  TaskAttributes: taskEventFields.attributes,
  TaskAssignmentStatus: taskEventFields.status,
  Timestamp: z.coerce.number().optional().catch(undefined),
  TimestampMs: z.coerce.number().optional().catch(undefined),
});

/**
 * The event that the Workspace's event callback tells, by the fields of its form.
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export const parseCallback = (form: Readonly<Record<string, unknown>>): ParsedEvent => {
  if (!FollowedEventName.safeParse(form['EventType']).success) return { kind: 'not-followed' };
  const parsed = Callback.safeParse(form);
  if (!parsed.success) return { kind: 'refused', problems: fieldProblems(parsed.error) };
  const { Timestamp, TimestampMs } = parsed.data;
  return {
    kind: 'followed',
    type: parsed.data.EventType,
    taskSid: parsed.data.TaskSid,
    accountSid: parsed.data.AccountSid,
    workspaceSid: parsed.data.WorkspaceSid,
    attributes: parsed.data.TaskAttributes,
    status: parsed.data.TaskAssignmentStatus,
    occurredAt: validTime(TimestampMs ?? Math.round((Timestamp ?? Number.NaN) * 1000)),
  };
};
