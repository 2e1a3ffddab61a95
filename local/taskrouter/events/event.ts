import { newSid } from '../sids.ts';
import type { StoredReservation, StoredTask, StoredTransfer } from '../tasks/types.ts';
import type { StoredWorkspace } from '../tasks/workspace.ts';

export type TaskSnapshot = Readonly<Omit<StoredTask, 'reservations'>>;

export type ReservationSnapshot = Readonly<Omit<StoredReservation, 'transfer'>>;

export type TransferSnapshot = Readonly<StoredTransfer>;

type WorkspaceSnapshot = Readonly<Pick<StoredWorkspace, 'accountSid' | 'sid' | 'friendlyName'>>;

/** Something that happened in the Workspace, and how things stood when it had. */
export interface TaskRouterEvent {
  /** `EV…`, another one for every event. */
  readonly sid: string;
  readonly type: EventType;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly workspace: WorkspaceSnapshot;
  readonly task: TaskSnapshot;
  /** Of the reservation that the event is about; undefined in those of a Task. */
  readonly reservation: ReservationSnapshot | undefined;
  /** Of the transfer that the event is about; undefined in all but `task.transfer-…`. */
  readonly transfer: TransferSnapshot | undefined;
}

/** What happened to a Task: to itself, to one of its reservations, or by a transfer. */
export interface PendingEvent {
  readonly type: EventType;
  readonly reservation?: StoredReservation | undefined;
  readonly transfer?: StoredTransfer | undefined;
}

/** Makes an event of a happening: a copy of everything as it is now. */
export function createEvent(
  { type, reservation, transfer }: PendingEvent,
  task: StoredTask,
  { accountSid, sid, friendlyName }: WorkspaceSnapshot,
  at: number,
): TaskRouterEvent {
  return {
    sid: newSid('EV'),
    type,
    at,
    workspace: { accountSid, sid, friendlyName },
    task: taskSnapshot(task),
    reservation: reservation && reservationSnapshot(reservation),
    transfer: transfer && { ...transfer },
  };
}

/**
 * The events of TaskRouter that the twin knows. Of these it never has cause for
 * `task.transfer-attempt-failed` (it transfers to workers, never to a queue).
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
export const eventTypes = [
  'task.created',
  'task.updated',
  'task.canceled',
  'task.wrapup',
  'task.completed',
  'task.deleted',
  'task.transfer-initiated',
  'task.transfer-attempt-failed',
  'task.transfer-failed',
  'task.transfer-canceled',
  'task.transfer-completed',
  'reservation.created',
  'reservation.accepted',
  'reservation.rejected',
  'reservation.timeout',
  'reservation.canceled',
  'reservation.rescinded',
  'reservation.wrapup',
  'reservation.completed',
] as const;

export type EventType = (typeof eventTypes)[number];

/** What Event Streams puts before the name of an event. */
export const eventStreamsPrefix = 'com.twilio.taskrouter.';

/** The names of the events in Event Streams, e.g. `com.twilio.taskrouter.task.created`. */
export const eventStreamsTypes: readonly string[] = eventTypes.map(
  (type) => eventStreamsPrefix + type,
);

function taskSnapshot({ reservations: _, ...task }: StoredTask): TaskSnapshot {
  return task;
}

function reservationSnapshot({ transfer: _, ...rest }: StoredReservation): ReservationSnapshot {
  return rest;
}
