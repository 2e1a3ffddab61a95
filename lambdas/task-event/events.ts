import * as z from 'zod';
import { type FieldProblem, HttpError, invalidBody } from '../../shared/http/errors.ts';
import type { TaskStatus } from '../../shared/messages/segments.ts';
import { TaskSid } from '../../shared/messages/ticket-change.ts';
import {
  eventStreamPrefix,
  type FollowedEvent,
  followedEvents,
} from '../../shared/taskrouter/task-router.ts';

const AnyEvent = z.object({ type: z.string('must be the type of an event') });

const missingFields =
  'must be there, as Event Streams sends it: set the sink up with npm run ops -- connect';

/** What both ways of telling an event have, each under names of its own. */
const taskEventFields = {
  taskSid: TaskSid,
  accountSid: lenient(z.string()),
  workspaceSid: lenient(z.string()),
  attributes: lenient(z.string()),
  status: lenient(z.enum(['pending', 'reserved', 'assigned', 'canceled', 'wrapping', 'completed'])),
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
 * The events that Event Streams tells: an array of CloudEvents, or one. Which fields a payload has is
 * documented by example only: what is not there is taken as untold.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/reservation
 * @throws Refusal when the body is neither.
 */
export function parseEventStream(body: unknown): readonly ParsedEvent[] {
  if (Array.isArray(body)) return body.map((event, index) => parseCloudEvent(event, `[${index}].`));
  if (typeof body === 'object' && body !== null) return [parseCloudEvent(body, '')];
  throw new HttpError('invalid', invalidBody, [
    { field: 'body', problem: 'must be CloudEvents, as Event Streams sends them' },
  ]);
}

/** The name of an event that we follow. */
const FollowedEventName = z.enum(followedEvents);

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
export function parseCallback(form: Readonly<Record<string, unknown>>): ParsedEvent {
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
}

/** An event that we follow, in our words, whichever way it came. */
export interface TaskRouterEvent {
  readonly kind: 'followed';
  readonly type: FollowedEvent;
  readonly accountSid: string | undefined;
  readonly workspaceSid: string | undefined;
  readonly taskSid: string;
  /** The Task's attributes when it happened, a JSON text; undefined where the event does not tell. */
  readonly attributes: string | undefined;
  readonly status: TaskStatus | undefined;
  /** Milliseconds since 1970; undefined where the event does not tell. */
  readonly occurredAt: number | undefined;
}

/** One event of a request. Those that cannot be read do not hold up the others. */
export type ParsedEvent =
  | TaskRouterEvent
  | { readonly kind: 'not-followed' }
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };

function parseCloudEvent(event: unknown, path: string): ParsedEvent {
  const envelope = AnyEvent.safeParse(event);
  if (!envelope.success) return { kind: 'refused', problems: fieldProblems(envelope.error, path) };
  const { type: name } = envelope.data;
  const type = FollowedEventName.safeParse(
    name.startsWith(eventStreamPrefix) ? name.slice(eventStreamPrefix.length) : '',
  );
  if (!type.success) return { kind: 'not-followed' };
  const parsed = CloudEvent.safeParse(event);
  if (!parsed.success) return { kind: 'refused', problems: fieldProblems(parsed.error, path) };
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

/** A field that is not there, or not as we know it, says nothing. */
function lenient<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}

/** What a schema found wrong: fields and what they must be, without a word of what they hold. */
function fieldProblems(error: z.ZodError, path = ''): readonly FieldProblem[] {
  return error.issues.map(({ path: keys, message }) => ({
    field: `${path}${keys.join('.')}` || 'body',
    problem: message,
  }));
}

/** A time that is one, as milliseconds since 1970. */
function validTime(milliseconds: number): number | undefined {
  return Number.isSafeInteger(milliseconds) && milliseconds > 0 ? milliseconds : undefined;
}
