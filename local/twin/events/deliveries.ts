import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../faults.ts';
import type { Settings } from '../settings.ts';
import type { Stats } from '../stats.ts';
import { callsBackFor, type StoredWorkspace } from '../workspace.ts';
import type { EventStreams, Sink } from './event-streams.ts';
import { lateCopies } from './late-copies.ts';
import { isTaken, send } from './send.ts';
import { callbackRequest } from './signed-request.ts';
import { SinkSender } from './sink-sender.ts';
import type { TwinEvent } from './twin-event.ts';

/** Source: https://www.twilio.com/docs/taskrouter/api/event/reference */
const callbackTimeoutMs = 15_000;

export interface DeliveriesOptions {
  /** Without it nothing can be signed, and nothing is delivered. */
  readonly authToken: string | undefined;
  readonly workspace: StoredWorkspace;
  readonly streams: EventStreams;
  readonly settings: () => Settings;
  readonly stats: () => Stats;
}

/** Takes events over HTTP to where they are wanted: the event callback and Event Streams' Sinks. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  #senders = new Map<string, SinkSender>();
  #underWay = new AbortController();
  #random: () => number;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    this.#random = this.#ownRandom();
  }

  /** Sets out to deliver an event; each way is late, lost or repeated by itself. */
  deliver(event: TwinEvent): void {
    const { authToken, workspace, streams, settings } = this.#options;
    if (authToken === undefined) return;
    const { signal } = this.#underWay;
    const ways: (() => Promise<void>)[] = [];
    if (callsBackFor(workspace, event.type)) {
      const request = callbackRequest(event, workspace.eventCallbackUrl, authToken);
      ways.push(async () =>
        this.#count(signal, isTaken(await send(request, callbackTimeoutMs, signal))),
      );
    }
    for (const sink of streams.sinksFor(event.type)) {
      const sender = this.#senderOf(sink, authToken, signal);
      ways.push(() => sender.add(event));
    }
    for (const way of ways) {
      for (const delayMs of lateCopies(this.#random, settings())) {
        void this.#later(delayMs, way, signal);
      }
    }
  }

  /** Starts the sequence of what is late, lost or repeated afresh. */
  reseed(): void {
    this.#random = this.#ownRandom();
  }

  /** Drops what is not delivered yet, also what is being sent. */
  drop(): void {
    this.close();
    this.#underWay = new AbortController();
    this.#senders = new Map();
  }

  /** As `drop`, and nothing is delivered any more. */
  close(): void {
    this.#underWay.abort();
  }

  /** Apart from the faults, so that events leave their sequence as it is. */
  #ownRandom(): () => number {
    return seededRandom(~this.#options.settings().seed);
  }

  async #later(delayMs: number, way: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      if (delayMs > 0) await sleep(delayMs, undefined, { signal });
      signal.throwIfAborted();
      await way();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #senderOf(sink: Sink, authToken: string, signal: AbortSignal): SinkSender {
    const known = this.#senders.get(sink.sid);
    if (known !== undefined) return known;
    const { streams, settings } = this.#options;
    const sender = new SinkSender({
      sink,
      authToken,
      retryMs: () => settings().eventRetryMs,
      isWanted: () => streams.sinks.has(sink.sid),
      count: (ok) => this.#count(signal, ok),
      signal,
    });
    this.#senders.set(sink.sid, sender);
    return sender;
  }

  #count(signal: AbortSignal, ok: boolean): void {
    if (signal.aborted) return;
    const { deliveries } = this.#options.stats();
    deliveries[ok ? 'ok' : 'failed'] += 1;
  }
}
