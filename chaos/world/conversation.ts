import type { Store } from '../../local/twin/store.ts';
import type { StoredTask } from '../../local/twin/stored.ts';
import { defaultQueueSid, defaultWorkflowSid } from '../../local/twin/task-json.ts';
import type { JsonObject } from '../../shared/media/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import { readAttributes } from '../../shared/media/read-attributes.ts';
import { maximumLength } from '../../shared/media/shrink-to-fit.ts';
import type { PlannedTask } from '../plan/plan.ts';
import { type Writing, written } from '../plan/writing.ts';

/**
 * How long somebody may take from reading to writing without a version, in seconds. Less than the first
 * confirmation takes: who takes longer than the last can wipe what nobody brings back.
 */
const longestHoldSeconds = 19;

/** The attribute that a plugin fills the others' room with. */
const filler = 'filler';

const nothingElse = {
  status: undefined,
  reason: undefined,
  priority: undefined,
  taskChannel: undefined,
  virtualStartTime: undefined,
};

/** How often others got into our way. */
export interface Met {
  /** Writes between our reading and our writing. */
  collisions: number;
  /** Writes that put an older ledger of ours, or none, in the place of a newer one. */
  wipes: number;
}

/** What somebody read, and what it would have been if we did not exist. */
interface Snapshot {
  readonly seen: JsonObject;
  readonly untouched: JsonObject;
  readonly at: number;
}

interface Wipe {
  readonly writing: Writing;
  times: number;
  snapshot: Snapshot | undefined;
}

const initial = (planned: PlannedTask): JsonObject => {
  const attributes: JsonObject = {
    direction: 'inbound',
    customer: 'Zoë',
    call_sid: planned.callSid,
    ...(planned.names !== undefined && { zd_ticket_id: planned.names }),
  };
  if (!planned.isBrimful) return attributes;
  const room = maximumLength - JSON.stringify({ ...attributes, [filler]: '' }).length;
  return { ...attributes, [filler]: 'x'.repeat(room) };
};

/**
 * A conversation in the twin, with all that agents and plugins do to it; and beside it, what its
 * attributes would be if we did not exist. Every write replaces all attributes and bears no version.
 */
export class Conversation {
  readonly planned: PlannedTask;
  readonly task: StoredTask;
  readonly #store: Store;
  readonly #now: () => number;
  readonly #met: Met;
  #untouched: JsonObject;
  #collisions: { readonly writing: Writing; times: number } | undefined;
  #wipe: Wipe | undefined;

  constructor(planned: PlannedTask, store: Store, now: () => number, met: Met) {
    this.planned = planned;
    this.#store = store;
    this.#now = now;
    this.#met = met;
    this.#untouched = initial(planned);
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

  get isGone(): boolean {
    return this.#store.find(this.task.sid) === undefined;
  }

  /** Whether agents and plugins can do anything to it. */
  get isOpen(): boolean {
    return !this.isGone && this.task.status !== 'completed';
  }

  accept(): void {
    if (!this.isOpen || this.task.reservations.length > 0) return;
    this.#store.move(this.task, this.#store.offer(this.task, 'Ana'), 'accepted');
  }

  transfer(): void {
    if (!this.isOpen || this.task.status !== 'assigned') return;
    const offered = this.#store.transfer(this.task, 'Ben', 'COLD');
    this.#store.move(this.task, offered, 'accepted');
  }

  complete(): void {
    if (!this.isOpen) return;
    this.#store.update(this.task, { ...nothingElse, attributes: undefined, status: 'completed' });
  }

  /** Reads and writes at once. */
  write(writing: Writing): void {
    this.#writeBack(this.#read(), writing);
  }

  /** Writes after each of the next so many reads of the sync. */
  collide(writing: Writing, times: number): void {
    this.#collisions = { writing, times };
  }

  /** Reads when the sync does, and writes that back as soon as the sync has written, so many times. */
  wipe(writing: Writing, times: number): void {
    this.#wipe = { writing, times, snapshot: undefined };
  }

  /** Reads now; the function that it gives writes that back. */
  hold(writing: Writing): () => void {
    const snapshot = this.#read();
    return () => this.#writeBack(snapshot, writing);
  }

  makeRoom(): void {
    const { [filler]: _, ...untouched } = this.#untouched;
    const { [filler]: __, ...seen } = this.#read().seen;
    if (this.isOpen) this.#put(seen, untouched);
  }

  /** To be called when the sync has read it. */
  wasRead(): void {
    if (this.#wipe !== undefined) this.#wipe.snapshot = this.#read();
    if (this.#collisions === undefined) return;
    this.#collisions.times -= 1;
    this.#met.collisions += 1;
    this.write(this.#collisions.writing);
    if (this.#collisions.times === 0) this.#collisions = undefined;
  }

  /** To be called when the sync has written to it. */
  wasWritten(): void {
    const wipe = this.#wipe;
    if (wipe?.snapshot === undefined) return;
    wipe.times -= 1;
    if (wipe.times === 0) this.#wipe = undefined;
    this.#writeBack(wipe.snapshot, wipe.writing);
  }

  /** Nobody is up to anything any more. */
  calmDown(): void {
    this.#wipe = undefined;
    this.#collisions = undefined;
  }

  #read(): Snapshot {
    const seen = readAttributes(this.task.attributes);
    return { seen, untouched: this.#untouched, at: this.#now() };
  }

  #writeBack({ seen, untouched, at }: Snapshot, writing: Writing): void {
    if (!this.isOpen || this.#now() - at > longestHoldSeconds * 1000) return;
    this.#put(written(seen, writing), written(untouched, writing));
  }

  /** As Twilio does, it takes nothing that is too long. */
  #put(attributes: JsonObject, untouched: JsonObject): void {
    const text = JSON.stringify(attributes);
    if (text.length > maximumLength) return;
    const standing = readAttributes(this.task.attributes);
    if (attributes[ledgerAttribute] !== standing[ledgerAttribute]) this.#met.wipes += 1;
    this.#untouched = untouched;
    this.#store.update(this.task, { ...nothingElse, attributes: text });
  }
}
