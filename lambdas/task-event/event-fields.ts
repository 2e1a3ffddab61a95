import * as z from 'zod';
import type { FieldProblem } from '../../shared/door/failures.ts';
import { TaskSid } from '../../shared/message/ticket-change.ts';
import { followedEvents } from '../../shared/taskrouter/followed-events.ts';

/** The name of an event that we follow. */
export const FollowedEventName = z.enum(followedEvents);

/** A field that is not there, or not as we know it, says nothing. */
const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

/** What both ways of telling an event have, each under names of its own. */
export const taskEventFields = {
  taskSid: TaskSid,
  accountSid: lenient(z.string()),
  workspaceSid: lenient(z.string()),
  attributes: lenient(z.string()),
  status: lenient(z.enum(['pending', 'reserved', 'assigned', 'canceled', 'wrapping', 'completed'])),
};

/** What a schema found wrong: fields and what they must be, without a word of what they hold. */
export const fieldProblems = (error: z.ZodError, path = ''): readonly FieldProblem[] =>
  error.issues.map(({ path: keys, message }) => ({
    field: `${path}${keys.join('.')}` || 'body',
    problem: message,
  }));

/** A time that is one, as milliseconds since 1970. */
export const validTime = (milliseconds: number): number | undefined =>
  Number.isSafeInteger(milliseconds) && milliseconds > 0 ? milliseconds : undefined;
