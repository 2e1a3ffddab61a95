import type { ReservationStatus, TaskStatus } from '../../../shared/messages/segments.ts';
import type { EventType, PendingEvent } from '../events/event.ts';
import { newSid } from '../sids.ts';
import {
  checkTaskTransition,
  deriveTaskStatus,
  isFinished,
  reservationStatusAfter,
} from './lifecycle.ts';
import type { StoredReservation, StoredTask, StoredTransfer, TransferMode } from './types.ts';

/** Notes a write of a Task. */
export function incrementVersion(task: StoredTask, at: number): void {
  task.version += 1;
  task.updatedAt = at;
}

/** Sets the status of a reservation. @returns the events */
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

/** Sets the status of a Task from its reservations. @returns the events */
export function updateTaskStatus(task: StoredTask, at: number): PendingEvent[] {
  const status = deriveTaskStatus(reservationStatusesOf(task));
  if (isFinished(task.status) || status === task.status) return [];
  incrementVersion(task, at);
  return changeTaskStatus(task, status, at);
}

/**
 * Sets the status of a Task by an update, and its reservations with it.
 * @returns the events
 * @throws IllegalTransition when it cannot have that status; then nothing has changed
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
 * Ends a transfer if the new status of its reservation ends it. A transfer to a worker fails when the worker does
 * not accept it: `task.transfer-attempt-failed` is for transfers to a queue, which try the next worker.
 * @returns the event of the end
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

/** The event of a reservation that has got a status. */
function reservationEventType(status: ReservationStatus): EventType {
  if (status === 'wrapping') return 'reservation.wrapup';
  return status === 'pending' ? 'reservation.created' : `reservation.${status}`;
}

/** The event of a Task that has got a status, if there is one. */
function taskEventType(status: TaskStatus): EventType | undefined {
  return taskEventTypes[status];
}
