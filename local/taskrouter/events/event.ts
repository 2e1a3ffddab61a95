import { newSid } from '../sids.ts';
import type {
  StoredReservation,
  StoredTask,
  StoredTransfer,
  StoredWorkspace,
} from '../tasks/types.ts';

export type TaskSnapshot = Readonly<Omit<StoredTask, 'reservations'>>;

export type ReservationSnapshot = Readonly<Omit<StoredReservation, 'transfer'>>;

export type TransferSnapshot = Readonly<StoredTransfer>;

type WorkspaceSnapshot = Readonly<Pick<StoredWorkspace, 'accountSid' | 'sid' | 'friendlyName'>>;

/** An event of the Workspace, with the state after the event. */
export interface EmulatedEvent {
  /** The SID of the event, `EV…`. Each event has a new one. */
  sid: string;
  type: EventType;
  /** Milliseconds since 1970. */
  at: number;
  workspace: WorkspaceSnapshot;
  task: TaskSnapshot;
  /** The event's reservation. Undefined for events of a Task. */
  reservation: ReservationSnapshot | undefined;
  /** The event's transfer. Undefined for all events except `task.transfer-…`. */
  transfer: TransferSnapshot | undefined;
}

/** An event of a Task, of one of its reservations or of a transfer, before its state is copied. */
export interface PendingEvent {
  type: EventType;
  reservation?: StoredReservation | undefined;
  transfer?: StoredTransfer | undefined;
}

/** Completes an event with a copy of the current state. */
export function createEvent(
  { type, reservation, transfer }: PendingEvent,
  task: StoredTask,
  { accountSid, sid, friendlyName }: WorkspaceSnapshot,
  at: number,
): EmulatedEvent {
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
 * The TaskRouter events that the emulator supports. `task.transfer-attempt-failed` is not among them: the emulator
 * transfers Tasks to workers, never to a queue.
 * Source: https://www.twilio.com/docs/taskrouter/api/event/reference
 */
const eventTypes = [
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

/** The prefix of an event's name in Event Streams. */
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
