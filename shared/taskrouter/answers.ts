import * as z from 'zod';

const sid = z.string().min(1);

/** A status that is missing or not known says nothing. */
const assignmentStatus = z
  .enum(['pending', 'reserved', 'assigned', 'canceled', 'wrapping', 'completed'])
  .optional()
  .catch(undefined);

/** One Task as the SDK gives it, headers and all. */
export const TaskResponse = z
  .object({
    headers: z.object({ etag: z.string().min(1) }),
    body: z.object({ sid, attributes: z.string(), assignmentStatus }),
  })
  .transform(({ headers: { etag }, body: { assignmentStatus: status, ...body } }) => ({
    ...body,
    etag,
    status,
  }));

/** Tasks as a list gives them: without ETags, and by its description maybe without attributes. */
export const TaskList = z.array(
  z
    .object({ sid, attributes: z.string().nullish(), assignmentStatus })
    .transform(({ assignmentStatus: status, ...task }) => ({ ...task, status })),
);

/** A page of Tasks of which nothing is wanted but that it came. */
export const TaskPage = z.object({ instances: z.array(z.unknown()) });

const reservationStatus = z.enum([
  'pending',
  'accepted',
  'rejected',
  'timeout',
  'canceled',
  'rescinded',
  'wrapping',
  'completed',
]);

/** A status that we do not know yet counts as `pending`: no segment to link to, or not yet. */
export const ReservationList = z.array(
  z
    .object({ sid, reservationStatus: z.string().pipe(reservationStatus.catch('pending')) })
    .transform(({ sid, reservationStatus: status }) => ({ sid, status })),
);
