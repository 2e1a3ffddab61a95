import type { ReservationStatus } from '../../../shared/messages/segments.ts';
import { createEvent, type EmulatedEvent, type PendingEvent } from '../events/event.ts';
import { newSid, stableSid } from '../sids.ts';
import {
  canTransition,
  changeReservationStatus,
  IllegalTransition,
  incrementVersion,
  newTransfer,
  transitionTask,
  updateTaskStatus,
} from './lifecycle.ts';
import {
  newWorkspace,
  type StoredReservation,
  type StoredTask,
  type StoredTransfer,
  type StoredWorkspace,
  type TaskChange,
  type TaskFields,
  type TransferMode,
} from './types.ts';

/**
 * The Tasks of one Workspace and their reservations, in memory. Every write of a Task raises the Task's version. A
 * write of a reservation raises the reservation's version. It raises the Task's version only if it changes the
 * Task's status. A finished Task is deleted after `deleteAfterMs()`.
 *
 * `emit` gets each event before the method that caused it returns. The events of one method are in the order of
 * cause and effect (`reservation.completed`, then `task.completed`). All of them show the state after the method.
 */
export class TaskStore {
  readonly #tasks = new Map<string, StoredTask>();
  readonly #now: () => number;
  readonly #deleteAfterMs: () => number;
  readonly #emit: (event: EmulatedEvent) => void;
  readonly #workspace: StoredWorkspace;
  #lastNumber = 0;

  constructor(
    now: () => number,
    deleteAfterMs: () => number,
    emit: (event: EmulatedEvent) => void = () => {},
    workspace: StoredWorkspace = defaultWorkspace(now),
  ) {
    this.#now = now;
    this.#deleteAfterMs = deleteAfterMs;
    this.#emit = emit;
    this.#workspace = workspace;
  }

  /** All Tasks that exist, the oldest first. */
  list(): StoredTask[] {
    return [...this.#tasks.keys()].flatMap((sid) => this.find(sid) ?? []);
  }

  find(sid: string): StoredTask | undefined {
    const task = this.#tasks.get(sid);
    if (task?.finishedAt === undefined) return task;
    if (this.#now() < task.finishedAt + this.#deleteAfterMs()) return task;
    this.#tasks.delete(sid);
    return undefined;
  }

  create(fields: TaskFields): StoredTask {
    const createdAt = this.#now();
    const task: StoredTask = {
      ...fields,
      sid: newSid('WT'),
      number: this.#nextNumber(),
      createdAt,
      updatedAt: createdAt,
      virtualStartTime: fields.virtualStartTime ?? createdAt,
      status: 'pending',
      reason: null,
      version: 0,
      finishedAt: undefined,
      reservations: [],
    };
    this.#tasks.set(task.sid, task);
    this.#emitAll(task, [{ type: 'task.created' }], createdAt);
    return task;
  }

  /**
   * Changes a Task, completely or not at all.
   * @throws IllegalTransition if the Task cannot have the new status
   */
  update(task: StoredTask, change: TaskChange): void {
    const at = this.#now();
    const moved = change.status === undefined ? [] : transitionTask(task, change.status, at);
    task.attributes = change.attributes ?? task.attributes;
    task.reason = change.reason ?? task.reason;
    task.priority = change.priority ?? task.priority;
    task.taskChannel = change.taskChannel ?? task.taskChannel;
    task.virtualStartTime = change.virtualStartTime ?? task.virtualStartTime;
    incrementVersion(task, at);
    const updated: PendingEvent[] =
      change.attributes === undefined ? [] : [{ type: 'task.updated' }];
    this.#emitAll(task, [...moved, ...updated], at);
  }

  remove(task: StoredTask): void {
    this.#tasks.delete(task.sid);
    this.#emitAll(task, [{ type: 'task.deleted' }], this.#now());
  }

  /** Offers a Task to a worker. The Task must not be finished. */
  offer(task: StoredTask, workerName: string): StoredReservation {
    const at = this.#now();
    const reservation = this.#createReservation(task, workerName, undefined, at);
    this.#emitAll(
      task,
      [{ type: 'reservation.created', reservation }, ...updateTaskStatus(task, at)],
      at,
    );
    return reservation;
  }

  /**
   * Transfers an accepted Task to another worker. After a cold transfer the first worker wraps up at once. After a
   * warm one the first worker stays until they leave.
   * Source: https://github.com/twilio/twilio-taskrouter.js/blob/master/test/integration/voice/inbound/spec/TaskTransferToWorker.js
   * @throws IllegalTransition if no worker has accepted the Task or a reservation is pending
   */
  transfer(task: StoredTask, workerName: string, mode: TransferMode): StoredReservation {
    const from = task.reservations.findLast(({ status }) => status === 'accepted');
    if (from === undefined || task.status !== 'assigned') {
      throw new IllegalTransition(`Cannot transfer task ${task.sid} because it is ${task.status}`);
    }
    const at = this.#now();
    const transfer = newTransfer(from, stableSid('WK', workerName), mode, at);
    const reservation = this.#createReservation(task, workerName, transfer, at);
    const pendingEvents: PendingEvent[] = [
      { type: 'task.transfer-initiated', transfer },
      ...(mode === 'COLD' ? changeReservationStatus(from, 'wrapping', at) : []),
      { type: 'reservation.created', reservation },
      ...updateTaskStatus(task, at),
    ];
    this.#emitAll(task, pendingEvents, at);
    return reservation;
  }

  /**
   * Changes the status of a reservation. If it becomes accepted, the other pending reservations are rescinded.
   * Source: https://www.twilio.com/docs/taskrouter/api/event/reference (reservation.rescinded)
   * @throws IllegalTransition if the reservation cannot have the new status
   */
  moveReservation(
    task: StoredTask,
    reservation: StoredReservation,
    status: ReservationStatus,
  ): void {
    if (!canTransition(reservation.status, status)) {
      throw new IllegalTransition(
        `Cannot set reservation ${reservation.sid} to ${status} because it is ${reservation.status}`,
      );
    }
    const at = this.#now();
    const others = task.reservations.filter(
      (other) => other !== reservation && status === 'accepted' && other.status === 'pending',
    );
    const pendingEvents = [
      ...changeReservationStatus(reservation, status, at),
      ...others.flatMap((other) => changeReservationStatus(other, 'rescinded', at)),
      ...updateTaskStatus(task, at),
    ];
    this.#emitAll(task, pendingEvents, at);
  }

  clear(): void {
    this.#tasks.clear();
  }

  #nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  #createReservation(
    task: StoredTask,
    workerName: string,
    transfer: StoredTransfer | undefined,
    createdAt: number,
  ): StoredReservation {
    const reservation: StoredReservation = {
      sid: newSid('WR'),
      number: this.#nextNumber(),
      workerSid: stableSid('WK', workerName),
      workerName,
      createdAt,
      updatedAt: createdAt,
      status: 'pending',
      version: 0,
      transfer,
    };
    task.reservations.push(reservation);
    return reservation;
  }

  /** Emits events. It copies all of them first, because a listener may change Tasks. */
  #emitAll(task: StoredTask, pendingEvents: readonly PendingEvent[], at: number): void {
    const events = pendingEvents.map((pending) => createEvent(pending, task, this.#workspace, at));
    for (const event of events) this.#emit(event);
  }
}

function defaultWorkspace(now: () => number) {
  return newWorkspace(`AC${'0'.repeat(32)}`, `WS${'0'.repeat(32)}`, now());
}
