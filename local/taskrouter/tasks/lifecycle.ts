import type { ReservationStatus, TaskStatus } from '../../../shared/messages/segments.ts';
import type { EventType, PendingEvent } from '../events/event.ts';
import { newSid } from '../sids.ts';
import type { StoredReservation, StoredTask, StoredTransfer, TransferMode } from './types.ts';

/** The current status of a Task or reservation does not allow the change to the new one. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}

/**
 * The status of a Task that is not canceled, from the statuses of its reservations. It is `reserved` while a
 * reservation is pending, even if an earlier one is accepted (a transfer). Otherwise the reservation that is
 * furthest from its end decides.
 * Source: https://www.twilio.com/docs/taskrouter/lifecycle-task-state and, for transfers, Twilio's tests of its
 * service:
 * https://github.com/twilio/twilio-taskrouter.js/blob/master/test/integration/spec/TaskTransfer.js
 */
function deriveTaskStatus(reservations: readonly ReservationStatus[]): TaskStatus {
  if (reservations.includes('pending')) return 'reserved';
  if (reservations.includes('accepted')) return 'assigned';
  if (reservations.includes('wrapping')) return 'wrapping';
  return reservations.includes('completed') ? 'completed' : 'pending';
}

/** Whether a Task has ended. Twilio deletes such a Task soon. */
export function isFinished(status: TaskStatus): boolean {
  return status === 'completed' || status === 'canceled';
}

const reservationTransitions: Readonly<Record<ReservationStatus, readonly ReservationStatus[]>> = {
  pending: ['accepted', 'rejected', 'timeout', 'canceled', 'rescinded'],
  accepted: ['wrapping', 'completed'],
  wrapping: ['completed'],
  rejected: [],
  timeout: [],
  canceled: [],
  rescinded: [],
  completed: [],
};

export function canTransition(from: ReservationStatus, to: ReservationStatus): boolean {
  return reservationTransitions[from].includes(to);
}

/** The statuses that an update of a Task may set. All other statuses follow from reservations. */
type RequestedTaskStatus = 'wrapping' | 'completed' | 'canceled';

const rejectionReasons: Readonly<Record<RequestedTaskStatus, { verb: string; reason: string }>> = {
  wrapping: { verb: 'wrap up', reason: "it's not currently assigned" },
  completed: { verb: 'complete', reason: 'it is not currently assigned.' },
  canceled: { verb: 'cancel', reason: 'it is not pending or reserved.' },
};

const assignedStatuses: readonly ReservationStatus[] = ['accepted', 'wrapping', 'completed'];

/**
 * Checks that an update may set a status of a Task. A Task that was ever assigned cannot be canceled. The error
 * texts are Twilio's, without the SIDs of Workspace and account.
 * @throws IllegalTransition if the update may not set this status
 */
function checkTaskTransition(
  taskSid: string,
  from: TaskStatus,
  to: TaskStatus,
  reservations: readonly ReservationStatus[],
): RequestedTaskStatus {
  if (!isRequestedTaskStatus(to)) {
    throw new IllegalTransition(`AssignmentStatus ${to} cannot be set: it follows reservations`);
  }
  const legal = {
    wrapping: from === 'assigned',
    completed: from === 'assigned' || from === 'wrapping',
    canceled:
      (from === 'pending' || from === 'reserved') &&
      !reservations.some((status) => assignedStatuses.includes(status)),
  }[to];
  if (legal) return to;
  const { verb, reason } = rejectionReasons[to];
  throw new IllegalTransition(`Cannot ${verb} task ${taskSid} because ${reason}`);
}

/**
 * The status of a reservation after an update has set the status of its Task. A Task that is canceled cancels its
 * offer. Twilio's tests of its service show that:
 * Source: https://github.com/twilio/twilio-taskrouter.js/blob/master/test/integration/spec/ReservationCancel.js
 */
function reservationStatusAfter(
  status: ReservationStatus,
  move: RequestedTaskStatus,
): ReservationStatus {
  if (move === 'canceled') return status === 'pending' ? 'canceled' : status;
  return status === 'accepted' || status === 'wrapping' ? move : status;
}

function isRequestedTaskStatus(status: TaskStatus): status is RequestedTaskStatus {
  return status === 'wrapping' || status === 'completed' || status === 'canceled';
}

/** Records a write of a Task: its version and the time. */
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
 * Sets the status of a Task by an update, and the statuses of its reservations.
 * @returns the events
 * @throws IllegalTransition if the Task cannot have this status. Then nothing is changed
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
 * Ends a transfer if the new status of its reservation ends it. A transfer to a worker fails if the worker does not
 * accept it. There is no `task.transfer-attempt-failed` then: that event is for transfers to a queue, which try the
 * next worker.
 * @returns the event of the transfer's end. Undefined if the transfer goes on
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

/** The event that says that a reservation has this status. */
function reservationEventType(status: ReservationStatus): EventType {
  if (status === 'wrapping') return 'reservation.wrapup';
  return status === 'pending' ? 'reservation.created' : `reservation.${status}`;
}

/** The event that says that a Task has this status. Undefined if TaskRouter has none. */
function taskEventType(status: TaskStatus): EventType | undefined {
  return taskEventTypes[status];
}
