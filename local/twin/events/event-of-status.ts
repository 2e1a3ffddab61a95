import type { ReservationStatus, TaskStatus } from '../life-cycle.ts';
import type { EventType } from './event-types.ts';

/** The event of a reservation that has come to a status. */
export const reservationEvent = (status: ReservationStatus): EventType => {
  if (status === 'wrapping') return 'reservation.wrapup';
  return status === 'pending' ? 'reservation.created' : `reservation.${status}`;
};

const taskEvents: Readonly<Partial<Record<TaskStatus, EventType>>> = {
  wrapping: 'task.wrapup',
  completed: 'task.completed',
  canceled: 'task.canceled',
};

/** The event of a Task that has come to a status, where there is one. */
export const taskEvent = (status: TaskStatus): EventType | undefined => taskEvents[status];
