import type { TaskStore } from '../../../local/taskrouter/tasks/store.ts';
import { defaultQueueSid, defaultWorkflowSid } from '../../../local/taskrouter/tasks/task-json.ts';
import type { StoredTask } from '../../../local/taskrouter/tasks/types.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { parseAttributes } from '../../../shared/media/attributes.ts';
import { maximumLength } from '../../../shared/media/fit.ts';
import { ledgerAttribute } from '../../../shared/media/ledger.ts';
import { applyWrite, type ExternalWrite, type PlannedTask } from '../plan/plan.ts';

/**
 * How long somebody may take from reading to writing without a version, in seconds. Less than the first
 * confirmation takes: who takes longer than the last can wipe what nobody brings back.
 */
const maxHoldSeconds = 19;

/** The attribute that a plugin fills the others' room with. */
const filler = 'filler';

const noOtherChanges = {
  status: undefined,
  reason: undefined,
  priority: undefined,
  taskChannel: undefined,
  virtualStartTime: undefined,
};

/** How often others got into our way. */
export interface InterferenceCounts {
  /** Writes between our reading and our writing. */
  collisions: number;
  /** Writes that put an older ledger of ours, or none, in the place of a newer one. */
  wipes: number;
}

/** What somebody read, and what it would have been if we did not exist. */
interface Snapshot {
  readonly attributes: JsonObject;
  readonly unmanagedAttributes: JsonObject;
  readonly at: number;
}

interface PendingWipe {
  readonly writing: ExternalWrite;
  times: number;
  snapshot: Snapshot | undefined;
}

/**
 * A conversation in the twin, with all that agents and plugins do to it; and beside it, what its
 * attributes would be if we did not exist. Every write replaces all attributes and bears no version.
 */
export class Conversation {
  readonly planned: PlannedTask;
  readonly task: StoredTask;
  readonly #store: TaskStore;
  readonly #now: () => number;
  readonly #met: InterferenceCounts;
  #untouched: JsonObject;
  #collisions: { readonly writing: ExternalWrite; times: number } | undefined;
  #wipe: PendingWipe | undefined;

  constructor(planned: PlannedTask, store: TaskStore, now: () => number, met: InterferenceCounts) {
    this.planned = planned;
    this.#store = store;
    this.#now = now;
    this.#met = met;
    this.#untouched = initialAttributes(planned);
    this.task = store.create({
      attributes: JSON.stringify(this.#untouched),
      priority: 0,
      timeout: 86_400,
      taskChannel: 'voice',
      workflowSid: defaultWorkflowSid,
      taskQueueSid: defaultQueueSid,
      virtualStartTime: undefined,
      routingTarget: null,
      ignoreCapacity: false,
    });
  }

  /** What its attributes would be if we did not exist. */
  get untouched(): JsonObject {
    return this.#untouched;
  }

  get isDeleted(): boolean {
    return this.#store.find(this.task.sid) === undefined;
  }

  /** Whether agents and plugins can do anything to it. */
  get isOpen(): boolean {
    return !this.isDeleted && this.task.status !== 'completed';
  }

  accept(): void {
    if (!this.isOpen || this.task.reservations.length > 0) return;
    this.#store.moveReservation(this.task, this.#store.offer(this.task, 'Ana'), 'accepted');
  }

  transfer(): void {
    if (!this.isOpen || this.task.status !== 'assigned') return;
    const offered = this.#store.transfer(this.task, 'Ben', 'COLD');
    this.#store.moveReservation(this.task, offered, 'accepted');
  }

  complete(): void {
    if (!this.isOpen) return;
    this.#store.update(this.task, {
      ...noOtherChanges,
      attributes: undefined,
      status: 'completed',
    });
  }

  /** Reads and writes at once. */
  write(writing: ExternalWrite): void {
    this.#writeBack(this.#read(), writing);
  }

  /** Writes after each of the next so many reads of the sync. */
  collide(writing: ExternalWrite, times: number): void {
    this.#collisions = { writing, times };
  }

  /** Reads when the sync does, and writes that back as soon as the sync has written, so many times. */
  wipe(writing: ExternalWrite, times: number): void {
    this.#wipe = { writing, times, snapshot: undefined };
  }

  /** Reads now; the function that it gives writes that back. */
  readThenWriteBack(writing: ExternalWrite): () => void {
    const snapshot = this.#read();
    return () => this.#writeBack(snapshot, writing);
  }

  removeFiller(): void {
    const { [filler]: _, ...unmanagedAttributes } = this.#untouched;
    const { [filler]: __, ...seen } = this.#read().attributes;
    if (this.isOpen) this.#put(seen, unmanagedAttributes);
  }

  /** To be called when the sync has read it. */
  onRead(): void {
    if (this.#wipe !== undefined) this.#wipe.snapshot = this.#read();
    if (this.#collisions === undefined) return;
    this.#collisions.times -= 1;
    this.#met.collisions += 1;
    this.write(this.#collisions.writing);
    if (this.#collisions.times === 0) this.#collisions = undefined;
  }

  /** To be called when the sync has written to it. */
  onWritten(): void {
    const wipe = this.#wipe;
    if (wipe?.snapshot === undefined) return;
    wipe.times -= 1;
    if (wipe.times === 0) this.#wipe = undefined;
    this.#writeBack(wipe.snapshot, wipe.writing);
  }

  /** Nobody is up to anything any more. */
  stopInterference(): void {
    this.#wipe = undefined;
    this.#collisions = undefined;
  }

  #read(): Snapshot {
    const seen = parseAttributes(this.task.attributes);
    return { attributes: seen, unmanagedAttributes: this.#untouched, at: this.#now() };
  }

  #writeBack({ attributes, unmanagedAttributes, at }: Snapshot, writing: ExternalWrite): void {
    if (!this.isOpen || this.#now() - at > maxHoldSeconds * 1000) return;
    this.#put(applyWrite(attributes, writing), applyWrite(unmanagedAttributes, writing));
  }

  /** As Twilio does, it takes nothing that is too long. */
  #put(attributes: JsonObject, untouched: JsonObject): void {
    const text = JSON.stringify(attributes);
    if (text.length > maximumLength) return;
    const current = parseAttributes(this.task.attributes);
    if (attributes[ledgerAttribute] !== current[ledgerAttribute]) this.#met.wipes += 1;
    this.#untouched = untouched;
    this.#store.update(this.task, { ...noOtherChanges, attributes: text });
  }
}

function initialAttributes(planned: PlannedTask): JsonObject {
  const attributes: JsonObject = {
    direction: 'inbound',
    customer: 'Zoë',
    call_sid: planned.callSid,
    ...(planned.ticketOnTask !== undefined && { zd_ticket_id: planned.ticketOnTask }),
  };
  if (!planned.startsFull) return attributes;
  const room = maximumLength - JSON.stringify({ ...attributes, [filler]: '' }).length;
  return { ...attributes, [filler]: 'x'.repeat(room) };
}
