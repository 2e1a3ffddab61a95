import { reservationEvent, taskEvent } from './events/event-of-status.ts';
import type { Happening } from './events/twin-event.ts';
import {
  checkTaskMove,
  isFinished,
  type ReservationStatus,
  reservationAfter,
  type TaskStatus,
  taskStatus,
} from './life-cycle.ts';
import type { StoredReservation, StoredTask } from './stored.ts';
import { endTransfer } from './transfer.ts';

const statusesOf = (task: StoredTask): ReservationStatus[] =>
  task.reservations.map(({ status }) => status);

/** Notes a write of a Task. */
export const touch = (task: StoredTask, at: number): void => {
  task.version += 1;
  task.updatedAt = at;
};

/** Sets the status of a reservation, and gives what happened by that. */
export const setReservation = (
  reservation: StoredReservation,
  status: ReservationStatus,
  at: number,
): Happening[] => {
  if (reservation.status === status) return [];
  reservation.status = status;
  reservation.updatedAt = at;
  reservation.version += 1;
  const { transfer } = reservation;
  const ended = transfer && endTransfer(transfer, status);
  return [
    { type: reservationEvent(status), reservation },
    ...(ended === undefined ? [] : [{ type: ended, transfer }]),
  ];
};

const setStatus = (task: StoredTask, status: TaskStatus, at: number): Happening[] => {
  task.status = status;
  if (isFinished(status)) task.finishedAt = at;
  const type = taskEvent(status);
  return type === undefined ? [] : [{ type }];
};

/** Lets the status of a Task follow its reservations, and gives what happened by that. */
export const follow = (task: StoredTask, at: number): Happening[] => {
  const status = taskStatus(statusesOf(task));
  if (isFinished(task.status) || status === task.status) return [];
  touch(task, at);
  return setStatus(task, status, at);
};

/**
 * Moves a Task as an update asks for, its reservations with it, and gives what happened by that.
 * @throws IllegalTransition when it cannot move there; then nothing has changed.
 */
export const moveTask = (task: StoredTask, status: TaskStatus, at: number): Happening[] => {
  const move = checkTaskMove(task.sid, task.status, status, statusesOf(task));
  const moved = task.reservations.flatMap((reservation) =>
    setReservation(reservation, reservationAfter(reservation.status, move), at),
  );
  return [...moved, ...setStatus(task, status, at)];
};
