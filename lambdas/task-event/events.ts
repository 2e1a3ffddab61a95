import * as z from 'zod';
import { describeIssue, fieldProblems } from '../../shared/crm/parse/payload.ts';
import { type FieldProblem, HttpError, invalidBody } from '../../shared/http/errors.ts';
import type { TaskStatus } from '../../shared/messages/segments.ts';
import { taskStatuses } from '../../shared/messages/segments.ts';
import { TaskSid } from '../../shared/messages/ticket-change.ts';
import {
  eventStreamPrefix,
  type FollowedEvent,
  followedEvents,
} from '../../shared/taskrouter/task-router.ts';

const AnyEvent = z.object({ type: z.string('must be the type of an event') });

const missingFields = 'is missing: create the sink with npm run ops -- connect';

/** The fields of both kinds of request. Each kind has its own names for them. */
const taskEventFields = {
  taskSid: TaskSid,
  accountSid: lenient(z.string()),
  workspaceSid: lenient(z.string()),
  attributes: lenient(z.string()),
  status: lenient(z.enum(taskStatuses)),
};

const CloudEvent = z.object({
  data: z.object(
    {
      account_sid: taskEventFields.accountSid,
      timestamp: z.iso.datetime({ offset: true }).optional().catch(undefined),
      payload: z.object(
        {
          task_sid: taskEventFields.taskSid,
          account_sid: taskEventFields.accountSid,
          workspace_sid: taskEventFields.workspaceSid,
          task_attributes: taskEventFields.attributes,
          task_assignment_status: taskEventFields.status,
        },
        missingFields,
      ),
    },
    missingFields,
  ),
});

/**
 * Parses a request of Event Streams: an array of CloudEvents, or a single one. Twilio documents the fields of a
 * payload only by examples, so any of them may be missing.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/reservation
 * @throws HttpError if the body is neither
 */
export function parseEventStream(body: unknown): readonly ParsedEvent[] {
  if (Array.isArray(body)) return body.map((event, index) => parseCloudEvent(event, `[${index}].`));
  if (typeof body === 'object' && body !== null) return [parseCloudEvent(body, '')];
  throw new HttpError('invalid', invalidBody, [
    { field: 'body', problem: 'must be CloudEvents, as Event Streams sends them' },
  ]);
}

/** The name of an event that we subscribe to. */
const FollowedEventName = z.enum(followedEvents);

/** `Timestamp` is in seconds. `TimestampMs`, if it is there, is in milliseconds. */
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
 * Parses a request of the Workspace's event callback, from the fields of its form.
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export function parseCallback(form: Readonly<Record<string, unknown>>): ParsedEvent {
  if (!FollowedEventName.safeParse(form['EventType']).success) return { kind: 'ignored' };
  const parsed = Callback.safeParse(form, { error: describeIssue });
  if (!parsed.success) return { kind: 'invalid', problems: fieldProblems(parsed.error) };
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
}

/** An event that we subscribe to. It is the same for both kinds of request. */
export interface TaskRouterEvent {
  kind: 'followed';
  type: FollowedEvent;
  accountSid: string | undefined;
  workspaceSid: string | undefined;
  taskSid: string;
  /** The Task's attributes at the time of the event, as JSON text. Undefined if the event does not have them. */
  attributes: string | undefined;
  status: TaskStatus | undefined;
  /** The time of the event in milliseconds since 1970. Undefined if the event does not have it. */
  occurredAt: number | undefined;
}

/** One event of a request. If it is not valid, the others are still processed. */
export type ParsedEvent =
  | TaskRouterEvent
  | { kind: 'ignored' }
  | { kind: 'invalid'; problems: readonly FieldProblem[] };

function parseCloudEvent(event: unknown, path: string): ParsedEvent {
  const envelope = AnyEvent.safeParse(event, { error: describeIssue });
  if (!envelope.success) return { kind: 'invalid', problems: fieldProblems(envelope.error, path) };
  const { type: name } = envelope.data;
  const type = FollowedEventName.safeParse(
    name.startsWith(eventStreamPrefix) ? name.slice(eventStreamPrefix.length) : '',
  );
  if (!type.success) return { kind: 'ignored' };
  const parsed = CloudEvent.safeParse(event, { error: describeIssue });
  if (!parsed.success) return { kind: 'invalid', problems: fieldProblems(parsed.error, path) };
  const { payload, ...data } = parsed.data.data;
  return {
    kind: 'followed',
    type: type.data,
    taskSid: payload.task_sid,
    accountSid: data.account_sid ?? payload.account_sid,
    workspaceSid: payload.workspace_sid,
    attributes: payload.task_attributes,
    status: payload.task_assignment_status,
    occurredAt: validTime(Date.parse(data.timestamp ?? '')),
  };
}

/** A field that is left out if it is missing or not valid. */
function lenient<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}

/** The time in milliseconds since 1970. Undefined if it is not a time. */
function validTime(milliseconds: number): number | undefined {
  return Number.isSafeInteger(milliseconds) && milliseconds > 0 ? milliseconds : undefined;
}
