import type { ReservationStatus, TaskStatus } from '../../../shared/messages/segments.ts';

/** A change of status that a Task or reservation cannot make from its current one. */
export class IllegalTransition extends Error {
  override readonly name = 'IllegalTransition';
}

/**
 * The status of a Task that is not canceled, from those of its reservations. It is `reserved` while one is
 * pending, also for a transfer while an earlier one is still accepted; otherwise it follows its least finished
 * reservation.
 * Source: https://www.twilio.com/docs/taskrouter/lifecycle-task-state and, for transfers, what
 * Twilio's own tests expect of its service:
 * https://github.com/twilio/twilio-taskrouter.js/blob/master/test/integration/spec/TaskTransfer.js
 */
export function deriveTaskStatus(reservations: readonly ReservationStatus[]): TaskStatus {
  if (reservations.includes('pending')) return 'reserved';
  if (reservations.includes('accepted')) return 'assigned';
  if (reservations.includes('wrapping')) return 'wrapping';
  return reservations.includes('completed') ? 'completed' : 'pending';
}

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

/** The statuses that an update of a Task may set; the others follow from reservations. */
type RequestedTaskStatus = 'wrapping' | 'completed' | 'canceled';

const rejectionReasons: Readonly<Record<RequestedTaskStatus, { verb: string; reason: string }>> = {
  wrapping: { verb: 'wrap up', reason: "it's not currently assigned" },
  completed: { verb: 'complete', reason: 'it is not currently assigned.' },
  canceled: { verb: 'cancel', reason: 'it is not pending or reserved.' },
};

const assignedStatuses: readonly ReservationStatus[] = ['accepted', 'wrapping', 'completed'];

/**
 * Checks that an update may set a status of a Task. A Task that was assigned once cannot be canceled. The error
 * texts are Twilio's, without Workspace and account.
 * @throws IllegalTransition when it may not
 */
export function checkTaskTransition(
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
 * The status of a reservation after an update has set that of its Task. With its Task an offer is canceled, by
 * what Twilio's own tests expect of its service:
 * https://github.com/twilio/twilio-taskrouter.js/blob/master/test/integration/spec/ReservationCancel.js
 */
export function reservationStatusAfter(
  status: ReservationStatus,
  move: RequestedTaskStatus,
): ReservationStatus {
  if (move === 'canceled') return status === 'pending' ? 'canceled' : status;
  return status === 'accepted' || status === 'wrapping' ? move : status;
}

function isRequestedTaskStatus(status: TaskStatus): status is RequestedTaskStatus {
  return status === 'wrapping' || status === 'completed' || status === 'canceled';
}
