import { isFinished } from '../../../local/taskrouter/tasks/lifecycle.ts';
import type { TaskStore } from '../../../local/taskrouter/tasks/store.ts';
import type { StoredTask } from '../../../local/taskrouter/tasks/types.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { parseAttributes } from '../../../shared/media/attributes.ts';
import { maximumLength } from '../../../shared/media/fit.ts';
import { ledgerAttribute } from '../../../shared/media/ledger.ts';
import { isTarget } from '../../../shared/messages/segments.ts';
import { taskFields } from '../../local/taskrouter/store-tasks.ts';
import { applyWrite, type ExternalWrite, type PlannedTask } from '../plan/plan.ts';

/**
 * The longest time between a read and a write without `If-Match`, in seconds. It is shorter than the delay of
 * the first confirmation: a write after the last one would stay.
 */
const maxHoldSeconds = 19;

/** The attribute with which a plugin fills the rest of the space. */
const filler = 'filler';

/** How often writes of others met those of the sync. */
export interface InterferenceCounts {
  /** Writes between the sync's read and write. */
  collisions: number;
  /** Writes that replaced our ledger by an older one or none. */
  wipes: number;
}

/** The attributes that a plugin read, and what they would have been without our writes. */
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
 * A conversation in the emulator, with all actions of agents and plugins; and beside it, what its attributes
 * would be without our writes. Every write replaces all attributes and has no `If-Match`.
 */
export class Conversation {
  readonly planned: PlannedTask;
  readonly task: StoredTask;
  readonly #store: TaskStore;
  readonly #now: () => number;
  readonly #counts: InterferenceCounts;
  /** The Zendesk tickets that it has named. */
  readonly #named = new Set<string>();
  #unmanagedAttributes: JsonObject;
  #collisions: { readonly writing: ExternalWrite; times: number } | undefined;
  #pendingWipe: PendingWipe | undefined;

  constructor(
    planned: PlannedTask,
    store: TaskStore,
    now: () => number,
    counts: InterferenceCounts,
  ) {
    this.planned = planned;
    this.#store = store;
    this.#now = now;
    this.#counts = counts;
    this.#unmanagedAttributes = initialAttributes(planned);
    if (planned.ticketOnTask !== undefined) this.#named.add(planned.ticketOnTask);
    this.task = store.create(taskFields(this.#unmanagedAttributes));
  }

  /** What its attributes would be without our writes. */
  get unmanagedAttributes(): JsonObject {
    return this.#unmanagedAttributes;
  }

  /** The Zendesk tickets that it named once and does not name any more. */
  get leftTickets(): readonly string[] {
    const { zd_ticket_id: named } = this.#unmanagedAttributes;
    return [...this.#named].filter((ticket) => ticket !== named);
  }

  get isDeleted(): boolean {
    return this.#store.find(this.task.sid) === undefined;
  }

  /** Whether agents and plugins can still act on it. */
  get isOpen(): boolean {
    return !this.isDeleted && !isFinished(this.task.status);
  }

  accept(): void {
    if (!this.isOpen || this.task.reservations.some(isTarget)) return;
    this.#store.moveReservation(this.task, this.#store.offer(this.task, 'Ana'), 'accepted');
  }

  reject(): void {
    if (!this.isOpen) return;
    this.#store.moveReservation(this.task, this.#store.offer(this.task, 'Eve'), 'rejected');
  }

  /** The caller hangs up while it is on offer. */
  abandon(): void {
    if (!this.isOpen) return;
    this.#store.offer(this.task, 'Eve');
    this.#store.update(this.task, { status: 'canceled', reason: 'hangup' });
  }

  transfer(): void {
    if (!this.isOpen || this.task.status !== 'assigned') return;
    const offered = this.#store.transfer(this.task, 'Ben', 'COLD');
    this.#store.moveReservation(this.task, offered, 'accepted');
  }

  complete(): void {
    if (!this.isOpen) return;
    this.#store.update(this.task, { status: 'completed' });
  }

  /** Reads and writes at once. */
  write(writing: ExternalWrite): void {
    this.#writeBack(this.#read(), writing);
  }

  /** Writes after each of the sync's next reads, this many times. */
  collide(writing: ExternalWrite, times: number): void {
    this.#collisions = { writing, times };
  }

  /** An agent's plugin names another Zendesk ticket, or none any more. It keeps everything else. */
  name(ticket: string | undefined): void {
    if (!this.isOpen) return;
    const rename = ({ zd_ticket_id: _, ...others }: JsonObject): JsonObject => ({
      ...others,
      ...(ticket !== undefined && { zd_ticket_id: ticket }),
    });
    if (ticket !== undefined) this.#named.add(ticket);
    this.#replaceAttributes(rename(this.#read().attributes), rename(this.#unmanagedAttributes));
  }

  /** Reads when the sync does, and writes that back as soon as the sync has written, this many times. */
  wipe(writing: ExternalWrite, times: number): void {
    this.#pendingWipe = { writing, times, snapshot: undefined };
  }

  /** Reads now. The returned function writes that back. */
  readThenWriteBack(writing: ExternalWrite): () => void {
    const snapshot = this.#read();
    return () => this.#writeBack(snapshot, writing);
  }

  removeFiller(): void {
    const { [filler]: _, ...unmanagedAttributes } = this.#unmanagedAttributes;
    const { [filler]: __, ...seen } = this.#read().attributes;
    if (this.isOpen) this.#replaceAttributes(seen, unmanagedAttributes);
  }

  /** To be called when the sync has read it. */
  onRead(): void {
    if (this.#pendingWipe !== undefined) this.#pendingWipe.snapshot = this.#read();
    if (this.#collisions === undefined) return;
    this.#collisions.times -= 1;
    this.#counts.collisions += 1;
    this.write(this.#collisions.writing);
    if (this.#collisions.times === 0) this.#collisions = undefined;
  }

  /** To be called when the sync has written to it. */
  onWritten(): void {
    const wipe = this.#pendingWipe;
    if (wipe?.snapshot === undefined) return;
    wipe.times -= 1;
    if (wipe.times === 0) this.#pendingWipe = undefined;
    this.#writeBack(wipe.snapshot, wipe.writing);
  }

  /** Ends all writes that were planned. */
  stopInterference(): void {
    this.#pendingWipe = undefined;
    this.#collisions = undefined;
  }

  #read(): Snapshot {
    const seen = parseAttributes(this.task.attributes);
    return { attributes: seen, unmanagedAttributes: this.#unmanagedAttributes, at: this.#now() };
  }

  #writeBack({ attributes, unmanagedAttributes, at }: Snapshot, writing: ExternalWrite): void {
    if (!this.isOpen || this.#now() - at > maxHoldSeconds * 1000) return;
    this.#replaceAttributes(
      applyWrite(attributes, writing),
      applyWrite(unmanagedAttributes, writing),
    );
  }

  /** Like Twilio, it rejects attributes that are too long. */
  #replaceAttributes(attributes: JsonObject, unmanagedAttributes: JsonObject): void {
    const text = JSON.stringify(attributes);
    if (text.length > maximumLength) return;
    const current = parseAttributes(this.task.attributes);
    if (attributes[ledgerAttribute] !== current[ledgerAttribute]) this.#counts.wipes += 1;
    this.#unmanagedAttributes = unmanagedAttributes;
    this.#store.update(this.task, { attributes: text });
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
