/** Source: TaskRouter's OpenAPI description, `task.enum.status`. */
export const taskStatuses = [
  'pending',
  'reserved',
  'assigned',
  'canceled',
  'wrapping',
  'completed',
] as const;

export type TaskStatus = (typeof taskStatuses)[number];

/** Source: TaskRouter's OpenAPI description, `task_reservation.enum.status`. */
export const reservationStatuses = [
  'pending',
  'accepted',
  'rejected',
  'timeout',
  'canceled',
  'rescinded',
  'wrapping',
  'completed',
] as const;

export type ReservationStatus = (typeof reservationStatuses)[number];

export interface Reservation {
  readonly sid: string;
  readonly status: ReservationStatus;
}

/** Whether a reservation shows tickets. If somebody accepted it, Insights has a segment for it. */
export function isTarget({ status }: Pick<Reservation, 'status'>): boolean {
  return status === 'accepted' || status === 'wrapping' || status === 'completed';
}

/**
 * Whether Twilio deletes a Task soon, because it is in wrap-up, completed or canceled. Undefined if its status is
 * not known. Source: https://www.twilio.com/docs/taskrouter/lifecycle-task-state
 */
export function isFinishing(status: TaskStatus | undefined): boolean | undefined {
  if (status === undefined) return undefined;
  return status === 'wrapping' || status === 'completed' || status === 'canceled';
}
