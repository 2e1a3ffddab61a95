import * as z from 'zod';
import { HttpError, invalidBody } from '../../shared/door/failures.ts';
import { eventStreamPrefix } from '../../shared/taskrouter/followed-events.ts';
import { FollowedEventName, fieldProblems, taskEventFields, validTime } from './event-fields.ts';
import type { ParsedEvent } from './task-router-event.ts';

const AnyEvent = z.object({ type: z.string('must be the type of an event') });

const missingFields =
  'must be there, as Event Streams sends it: set the sink up with npm run ops -- connect';

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

const parseCloudEvent = (event: unknown, path: string): ParsedEvent => {
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
};

/**
 * The events that Event Streams tells: an array of CloudEvents, or one. Which fields a payload has is
 * documented by example only: what is not there is taken as untold.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/reservation
 * @throws Refusal when the body is neither.
 */
export const parseEventStream = (body: unknown): readonly ParsedEvent[] => {
  if (Array.isArray(body)) return body.map((event, index) => parseCloudEvent(event, `[${index}].`));
  if (typeof body === 'object' && body !== null) return [parseCloudEvent(body, '')];
  throw new HttpError('invalid', invalidBody, [
    { field: 'body', problem: 'must be CloudEvents, as Event Streams sends them' },
  ]);
};
