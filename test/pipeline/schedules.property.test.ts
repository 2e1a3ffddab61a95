import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, type Json, type JsonObject, parseJson } from '../../shared/json.ts';
import { rewrite } from '../../shared/media/rewrite.ts';
import type { TicketChangeMessage } from '../../shared/messages/message.ts';
import { otherAttributes, withoutFingerprint } from '../media/arbitraries.ts';
import { runs } from '../property-runs.ts';
import { ticketChange } from '../sync/messages.ts';
import { createSimulation, type Simulation } from './simulation.ts';

/**
 * How long a writer without If-Match may take from its read to its write: less than the last confirmation
 * takes. One that takes longer can overwrite links for good.
 */
const longestStaleSeconds = 80;

/** More than all confirmations of a write take, and those of their own writes. */
const untilQuietSeconds = 3600;

/** As long as a change may wait for a segment. By then no confirmation is left to replace an event. */
const longestWaitSeconds = 90;

/** The events of the last step. */
const decisive = new Set(['task.updated', 'reservation.accepted', 'reservation.completed']);

/** A write of somebody who does not know us. */
type Writer = (attributes: JsonObject) => JsonObject;
const withConversations = (attributes: JsonObject, fields: JsonObject): JsonObject => ({
  ...attributes,
  conversations: { ...(attributes['conversations'] as JsonObject | undefined), ...fields },
});
const recordings = fc.constantFrom('1', '2').map(
  (n): Writer =>
    (attributes) =>
      withConversations(attributes, { segment_link: `https://foreign.example/recording/${n}` }),
);
const writers: fc.Arbitrary<Writer> = fc.oneof(
  fc.nat(9).map(
    (n): Writer =>
      (attributes) => ({ ...attributes, disposition: n }),
  ),
  fc.constantFrom('1', '2').map(
    (n): Writer =>
      (attributes) => ({ ...attributes, conversationSid: `CH${n}` }),
  ),
  fc.constantFrom('1', '2').map(
    (n): Writer =>
      (attributes) =>
        withConversations(attributes, {
          media: [{ type: 'VoiceRecording', url: `https://foreign.example/dual/${n}` }],
        }),
  ),
);

const ticket = fc.integer({ min: 1, max: 3 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('webhook' as const), ticket }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('removal' as const), ticket }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('duplicate' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('stale webhook' as const), ticket }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('accept' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('transfer' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('write' as const), writer: writers }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('read' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('overwrite' as const), writer: writers }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('collide' as const), writer: writers }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('write' as const), writer: recordings }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('complete' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constantFrom('event' as const, 'event' as const, 'event twice' as const),
      pick: fc.nat(),
      byStream: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('event lost' as const), pick: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('sync' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('pass' as const), seconds: fc.nat(30) }),
  },
);
const lastStep: typeof step = fc.oneof(
  fc.record({ does: fc.constant('accept' as const) }),
  fc.record({ does: fc.constant('write' as const), writer: recordings }),
  fc.record({ does: fc.constant('complete' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const read = (text: string): JsonObject => parseJson(text) as JsonObject;
const write = (attributes: Json): string => JSON.stringify(attributes);

/** A Task of the simulation, and what it would be without us. */
class Model {
  readonly simulation: Simulation;
  readonly task: ReturnType<Simulation['createTask']>;
  readonly sent: TicketChangeMessage[] = [];
  readonly #isNamed: boolean;
  #untouched: JsonObject;
  #readAt: { readonly seen: JsonObject; readonly untouched: JsonObject; at: number } | undefined;
  readonly #lost = new Set<number>();

  constructor(isNamed: boolean) {
    this.#isNamed = isNamed;
    this.simulation = createSimulation((standing, written) => {
      expect(canonical(otherAttributes(read(written)))).toBe(
        canonical(otherAttributes(read(standing))),
      );
    });
    this.#untouched = isNamed ? { zd_ticket_id: '1', customer: 'é' } : { customer: 'é' };
    this.task = this.simulation.createTask(this.#untouched);
  }

  get #attributes(): JsonObject {
    return read(this.task.attributes);
  }

  get #isCompleted(): boolean {
    return this.task.status === 'completed';
  }

  #send(id: number, version: number, link: boolean): void {
    const { sid: taskSid } = this.task;
    const correlation =
      this.#isNamed && id === 1 && version % 2 === 0
        ? { attribute: { name: 'zd_ticket_id', value: '1' } }
        : { taskSid };
    const url = `https://tickets.example/${id}`;
    const now = this.simulation.now();
    const message = ticketChange(
      id,
      correlation,
      {
        version: String(version),
        link: link ? { type: 'Referenced', url, title: `Ticket ${id} v${version}` } : null,
        occurredAt: now,
      },
      { receivedAt: now },
    );
    this.sent.push(message);
    this.simulation.enqueue(message);
  }

  #latest(id: number): number {
    const versions = this.sent.flatMap(({ change }) =>
      change.ticket === `zendesk/${id}` ? [Number(change.version)] : [],
    );
    return Math.max(0, ...versions);
  }

  #accept(): void {
    const { store } = this.simulation;
    store.moveReservation(this.task, store.offer(this.task, 'agent'), 'accepted');
  }

  #write(writer: Writer): void {
    this.#untouched = writer(this.#untouched);
    this.simulation.write(this.task, write(writer(this.#attributes)));
  }

  /** One of the events that are neither sent nor lost, by number. */
  #event(pick: number) {
    const { events } = this.simulation;
    const open = [...events.keys()].filter((index) => !this.#lost.has(index));
    const index = open[pick % Math.max(1, open.length)];
    return index === undefined ? undefined : { index, event: events[index] };
  }

  async #sendEvent(pick: number, byStream: boolean, times: number): Promise<void> {
    const found = this.#event(pick);
    if (found?.event === undefined) return;
    this.#lost.add(found.index);
    for (let time = 0; time < times; time += 1)
      await this.simulation.sendEvent(found.event, byStream);
  }

  async do(step: Step): Promise<void> {
    const { simulation } = this;
    switch (step.does) {
      case 'webhook':
        return this.#send(step.ticket, this.#latest(step.ticket) + 2, true);
      case 'removal':
        return this.#send(step.ticket, this.#latest(step.ticket) + 2, false);
      case 'stale webhook':
        return this.#send(step.ticket, Math.max(1, this.#latest(step.ticket) - 1), true);
      case 'duplicate': {
        const message = this.sent[step.pick % Math.max(1, this.sent.length)];
        return (
          message && simulation.enqueue({ ...message, meta: { receivedAt: simulation.now() } })
        );
      }
      case 'accept':
        return this.#isCompleted || this.task.reservations.length > 3 ? undefined : this.#accept();
      case 'transfer': {
        if (this.task.status !== 'assigned' || this.task.reservations.length > 3) return undefined;
        const offered = simulation.store.transfer(this.task, 'another', 'COLD');
        return simulation.store.moveReservation(this.task, offered, 'accepted');
      }
      case 'write':
        return this.#write(step.writer);
      case 'collide':
        return simulation.beforeNextWrite(() => this.#write(step.writer));
      case 'read':
        this.#readAt = { seen: this.#attributes, untouched: this.#untouched, at: simulation.now() };
        return undefined;
      case 'overwrite': {
        if (this.#readAt === undefined) return undefined;
        if (simulation.now() - this.#readAt.at > longestStaleSeconds * 1000) return undefined;
        this.#untouched = step.writer(this.#readAt.untouched);
        return simulation.write(this.task, write(step.writer(this.#readAt.seen)));
      }
      case 'complete': {
        for (const reservation of this.task.reservations) {
          if (reservation.status !== 'completed') {
            simulation.store.moveReservation(this.task, reservation, 'completed');
          }
        }
        return undefined;
      }
      case 'event':
        return this.#sendEvent(step.pick, step.byStream, 1);
      case 'event twice':
        return this.#sendEvent(step.pick, step.byStream, 2);
      case 'event lost': {
        const found = this.#event(step.pick);
        if (found !== undefined) this.#lost.add(found.index);
        return undefined;
      }
      case 'sync':
        return simulation.runSync();
      case 'pass':
        return simulation.advance(step.seconds);
    }
  }

  /** After all confirmations, one last step, whose event arrives. */
  async end(last: Step): Promise<void> {
    const { simulation } = this;
    simulation.beforeNextWrite(() => {});
    await simulation.drain(untilQuietSeconds);
    const before = simulation.events.length;
    await this.do(last);
    if (simulation.events.length === before)
      this.#write((attributes) => ({ ...attributes, last: true }));
    const [event] = simulation.events.slice(before).filter(({ type }) => decisive.has(type));
    if (event !== undefined) await simulation.sendEvent(event);
    await simulation.drain(longestWaitSeconds);
  }

  /** What the Task has to be: the foreign state with the latest versions written once. */
  oracle() {
    const named: TicketChangeMessage[] = this.#isNamed
      ? [
          ticketChange(
            1,
            {},
            {
              version: '0',
              link: { type: 'Referenced', url: 'https://tickets.example/1', title: 'Ticket 1' },
            },
          ),
        ]
      : [];
    const { attributes, budget } = rewrite(write(this.#untouched), this.task.reservations, [
      ...this.sent.map(({ change }) => change),
      ...named.map(({ change }) => change),
    ]);
    return { attributes: attributes ?? write(this.#untouched), budget };
  }
}

describe('a Task after any history, in any order', () => {
  it.each([
    ['its tickets name it', false],
    ['it names a ticket itself', true],
  ])(
    'has its tickets and the writes of others, after the last event that arrives: %s',
    async (_, isNamed) => {
      let repaired = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 60, size: 'max' }),
          lastStep,
          async (steps, last) => {
            const model = new Model(isNamed);
            for (const each of steps) await model.do(each);
            await model.end(last);
            const { attributes, budget } = model.oracle();
            fc.pre(!budget.atTaskLevel && !budget.titlesDropped && budget.evicted.length === 0);
            expect(canonical(withoutFingerprint(read(model.task.attributes)))).toBe(
              canonical(withoutFingerprint(read(attributes))),
            );
            expect(model.simulation.queue.deadLetters).toEqual([]);
            repaired += model.simulation.outcomes.filter(
              ({ outcome, reconcile }) =>
                outcome === 'reconciled' && String(reconcile).startsWith('conf'),
            ).length;
          },
        ),
      );
      // The histories must have given the confirmations something to repair.
      expect(repaired).toBeGreaterThan(runs(0.03));
    },
  );
});
