import * as z from 'zod';
import { Refusal, unexpectedShape } from '../../shared/door/failures.ts';
import { eventStreamPrefix } from '../../shared/taskrouter/followed-events.ts';
import { eventFields, FollowedEvent, problemsOf, timeOf } from './event-fields.ts';
import type { ReadEvent } from './task-router-event.ts';

const AnyEvent = z.object({ type: z.string('must be the type of an event') });

const wanted =
  'must be there, as Event Streams sends it: set the sink up with npm run ops -- connect';

const CloudEvent = z.object({
  data: z.object(
    {
      account_sid: eventFields.accountSid,
      timestamp: z.iso.datetime({ offset: true }).optional().catch(undefined),
      payload: z.object(
        {
          task_sid: eventFields.taskSid,
          account_sid: eventFields.accountSid,
          workspace_sid: eventFields.workspaceSid,
          task_attributes: eventFields.attributes,
          task_assignment_status: eventFields.status,
        },
        wanted,
      ),
    },
    wanted,
  ),
});

const readEvent = (event: unknown, path: string): ReadEvent => {
  const envelope = AnyEvent.safeParse(event);
  if (!envelope.success) return { kind: 'refused', problems: problemsOf(envelope.error, path) };
  const { type: name } = envelope.data;
  const type = FollowedEvent.safeParse(
    name.startsWith(eventStreamPrefix) ? name.slice(eventStreamPrefix.length) : '',
  );
  if (!type.success) return { kind: 'not-followed' };
  const parsed = CloudEvent.safeParse(event);
  if (!parsed.success) return { kind: 'refused', problems: problemsOf(parsed.error, path) };
  const { payload, ...data } = parsed.data.data;
  return {
    kind: 'followed',
    type: type.data,
    taskSid: payload.task_sid,
    accountSid: data.account_sid ?? payload.account_sid,
    workspaceSid: payload.workspace_sid,
    attributes: payload.task_attributes,
    status: payload.task_assignment_status,
    occurredAt: timeOf(Date.parse(data.timestamp ?? '')),
  };
};

/**
 * The events that Event Streams tells: an array of CloudEvents, or one. Which fields a payload has is
 * documented by example only: what is not there is taken as untold.
 * Source: https://www.twilio.com/docs/events/event-types/taskrouter/reservation
 * @throws Refusal when the body is neither.
 */
export const readStream = (body: unknown): readonly ReadEvent[] => {
  if (Array.isArray(body)) return body.map((event, index) => readEvent(event, `[${index}].`));
  if (typeof body === 'object' && body !== null) return [readEvent(body, '')];
  throw new Refusal('invalid', unexpectedShape, [
    { field: 'body', problem: 'must be CloudEvents, as Event Streams sends them' },
  ]);
};
