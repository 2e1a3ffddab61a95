import { newSid } from '../sids.ts';
import type { StoredReservation, StoredTask, StoredTransfer } from '../stored.ts';
import type { StoredWorkspace } from '../workspace.ts';
import type { EventType } from './event-types.ts';

export type TaskSnapshot = Readonly<Omit<StoredTask, 'reservations'>>;
export type ReservationSnapshot = Readonly<Omit<StoredReservation, 'transfer'>>;
export type TransferSnapshot = Readonly<StoredTransfer>;
export type WorkspaceSnapshot = Readonly<
  Pick<StoredWorkspace, 'accountSid' | 'sid' | 'friendlyName'>
>;

/** Something that happened in the Workspace, and how things stood when it had. */
export interface TwinEvent {
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
export interface Happening {
  readonly type: EventType;
  readonly reservation?: StoredReservation | undefined;
  readonly transfer?: StoredTransfer | undefined;
}

const snapshotOf = ({ reservations: _, ...task }: StoredTask): TaskSnapshot => task;

const reservationSnapshot = ({ transfer: _, ...rest }: StoredReservation): ReservationSnapshot =>
  rest;

/** Makes an event of a happening: a copy of everything as it is now. */
export const toEvent = (
  { type, reservation, transfer }: Happening,
  task: StoredTask,
  { accountSid, sid, friendlyName }: WorkspaceSnapshot,
  at: number,
): TwinEvent => ({
  sid: newSid('EV'),
  type,
  at,
  workspace: { accountSid, sid, friendlyName },
  task: snapshotOf(task),
  reservation: reservation && reservationSnapshot(reservation),
  transfer: transfer && { ...transfer },
});
