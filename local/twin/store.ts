import {
  canMove,
  checkTaskMove,
  IllegalTransition,
  isFinished,
  type ReservationStatus,
  reservationAfter,
  type TaskStatus,
  taskStatus,
} from './life-cycle.ts';
import { newSid, stableSid } from './sids.ts';
import type { StoredReservation, StoredTask, TaskChange, TaskFields } from './stored.ts';

const statusesOf = (task: StoredTask): ReservationStatus[] =>
  task.reservations.map(({ status }) => status);

/**
 * The Tasks of one Workspace and their reservations, in memory. Every write of a Task raises its
 * version; a write of a reservation raises the reservation's, and its Task's only where the status
 * of the Task changes with it. A finished Task is gone once `deleteAfterMs()` has passed.
 */
export class Store {
  readonly #tasks = new Map<string, StoredTask>();
  readonly #now: () => number;
  readonly #deleteAfterMs: () => number;
  #count = 0;

  constructor(now: () => number, deleteAfterMs: () => number) {
    this.#now = now;
    this.#deleteAfterMs = deleteAfterMs;
  }

  /** All Tasks that still exist, the oldest first. */
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
      number: this.#next(),
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
    return task;
  }

  /**
   * Changes a Task, all of it or nothing.
   * @throws IllegalTransition when it cannot have the status asked for.
   */
  update(task: StoredTask, change: TaskChange): void {
    if (change.status !== undefined) this.#moveTask(task, change.status);
    task.attributes = change.attributes ?? task.attributes;
    task.reason = change.reason ?? task.reason;
    task.priority = change.priority ?? task.priority;
    task.taskChannel = change.taskChannel ?? task.taskChannel;
    task.virtualStartTime = change.virtualStartTime ?? task.virtualStartTime;
    this.#touch(task);
  }

  remove(task: StoredTask): void {
    this.#tasks.delete(task.sid);
  }

  /** Offers a Task that is not finished to a worker. */
  offer(task: StoredTask, workerName: string): StoredReservation {
    const createdAt = this.#now();
    const reservation: StoredReservation = {
      sid: newSid('WR'),
      number: this.#next(),
      workerSid: stableSid('WK', workerName),
      workerName,
      createdAt,
      updatedAt: createdAt,
      status: 'pending',
      version: 0,
    };
    task.reservations.push(reservation);
    this.#follow(task);
    return reservation;
  }

  /**
   * Moves a reservation on. One that is accepted rescinds the others on offer.
   * Source: https://www.twilio.com/docs/taskrouter/api/event/reference (reservation.rescinded)
   * @throws IllegalTransition when it cannot move there.
   */
  move(task: StoredTask, reservation: StoredReservation, status: ReservationStatus): void {
    if (!canMove(reservation.status, status)) {
      throw new IllegalTransition(
        `Cannot set reservation ${reservation.sid} to ${status} because it is ${reservation.status}`,
      );
    }
    this.#setReservation(reservation, status);
    if (status === 'accepted') {
      for (const other of task.reservations) {
        if (other.status === 'pending') this.#setReservation(other, 'rescinded');
      }
    }
    this.#follow(task);
  }

  clear(): void {
    this.#tasks.clear();
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #follow(task: StoredTask): void {
    const status = taskStatus(statusesOf(task));
    if (isFinished(task.status) || status === task.status) return;
    this.#setStatus(task, status);
    this.#touch(task);
  }

  #moveTask(task: StoredTask, status: TaskStatus): void {
    const move = checkTaskMove(task.sid, task.status, status, statusesOf(task));
    for (const reservation of task.reservations) {
      this.#setReservation(reservation, reservationAfter(reservation.status, move));
    }
    this.#setStatus(task, status);
  }

  #setStatus(task: StoredTask, status: TaskStatus): void {
    task.status = status;
    if (isFinished(status)) task.finishedAt = this.#now();
  }

  #setReservation(reservation: StoredReservation, status: ReservationStatus): void {
    if (reservation.status === status) return;
    reservation.status = status;
    reservation.updatedAt = this.#now();
    reservation.version += 1;
  }

  #touch(task: StoredTask): void {
    task.version += 1;
    task.updatedAt = this.#now();
  }
}
