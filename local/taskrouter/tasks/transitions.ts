import type { EventType, PendingEvent } from '../events/event.ts';
import { newSid } from '../sids.ts';
import {
  checkTaskTransition,
  deriveTaskStatus,
  isFinished,
  type ReservationStatus,
  reservationStatusAfter,
  type TaskStatus,
} from './lifecycle.ts';
import type { StoredReservation, StoredTask, StoredTransfer, TransferMode } from './types.ts';

/** Notes a write of a Task. */
export function incrementVersion(task: StoredTask, at: number): void {
  task.version += 1;
  task.updatedAt = at;
}

/** Sets the status of a reservation, and gives what happened by that. */
export function changeReservationStatus(
  reservation: StoredReservation,
  status: ReservationStatus,
  at: number,
): PendingEvent[] {
  if (reservation.status === status) return [];
  reservation.status = status;
  reservation.updatedAt = at;
  reservation.version += 1;
  const { transfer } = reservation;
  const ended = transfer && endTransfer(transfer, status);
  return [
    { type: reservationEventType(status), reservation },
    ...(ended === undefined ? [] : [{ type: ended, transfer }]),
  ];
}

/** Lets the status of a Task follow its reservations, and gives what happened by that. */
export function updateTaskStatus(task: StoredTask, at: number): PendingEvent[] {
  const status = deriveTaskStatus(reservationStatusesOf(task));
  if (isFinished(task.status) || status === task.status) return [];
  incrementVersion(task, at);
  return changeTaskStatus(task, status, at);
}

/**
 * Moves a Task as an update asks for, its reservations with it, and gives what happened by that.
 * @throws IllegalTransition when it cannot move there; then nothing has changed.
 */
export function transitionTask(task: StoredTask, status: TaskStatus, at: number): PendingEvent[] {
  const move = checkTaskTransition(task.sid, task.status, status, reservationStatusesOf(task));
  const moved = task.reservations.flatMap((reservation) =>
    changeReservationStatus(reservation, reservationStatusAfter(reservation.status, move), at),
  );
  return [...moved, ...changeTaskStatus(task, status, at)];
}

export function newTransfer(
  from: StoredReservation,
  toWorkerSid: string,
  mode: TransferMode,
  startedAt: number,
): StoredTransfer {
  return {
    sid: newSid('TT'),
    mode,
    fromReservationSid: from.sid,
    fromWorkerSid: from.workerSid,
    toWorkerSid,
    startedAt,
    status: 'initiated',
    failedReason: null,
  };
}

const taskEventTypes: Readonly<Partial<Record<TaskStatus, EventType>>> = {
  wrapping: 'task.wrapup',
  completed: 'task.completed',
  canceled: 'task.canceled',
};

function reservationStatusesOf(task: StoredTask): ReservationStatus[] {
  return task.reservations.map(({ status }) => status);
}

function changeTaskStatus(task: StoredTask, status: TaskStatus, at: number): PendingEvent[] {
  task.status = status;
  if (isFinished(status)) task.finishedAt = at;
  const type = taskEventType(status);
  return type === undefined ? [] : [{ type }];
}

/**
 * Ends a transfer, if what became of its reservation ends it, and gives the event that tells so. One
 * to a worker fails for good where the worker does not take it: `task.transfer-attempt-failed` is for
 * one to a queue, which goes on to the next worker.
 * Source: https://github.com/twilio/twilio-taskrouter.js/blob/master/test/integration/spec/TaskTransfer.js
 */
function endTransfer(
  transfer: StoredTransfer,
  reservation: ReservationStatus,
): EventType | undefined {
  if (transfer.status !== 'initiated') return undefined;
  switch (reservation) {
    case 'accepted':
      transfer.status = 'complete';
      return 'task.transfer-completed';
    case 'canceled':
      transfer.status = 'canceled';
      return 'task.transfer-canceled';
    case 'rejected':
    case 'timeout':
    case 'rescinded':
      transfer.status = 'failed';
      transfer.failedReason = `Transfer failed because its reservation was ${reservation}`;
      return 'task.transfer-failed';
    default:
      return undefined;
  }
}

/** The event of a reservation that has come to a status. */
function reservationEventType(status: ReservationStatus): EventType {
  if (status === 'wrapping') return 'reservation.wrapup';
  return status === 'pending' ? 'reservation.created' : `reservation.${status}`;
}

/** The event of a Task that has come to a status, where there is one. */
function taskEventType(status: TaskStatus): EventType | undefined {
  return taskEventTypes[status];
}
