import { setTimeout as sleep } from 'node:timers/promises';
import { deliveryDelays, seededRandom } from '../faults.ts';
import type { Settings } from '../settings.ts';
import type { Stats } from '../stats.ts';
import { type StoredWorkspace, sendsCallbackFor } from '../tasks/workspace.ts';
import type { TaskRouterEvent } from './event.ts';
import type { EventStreams, Sink } from './event-streams.ts';
import { callbackRequest, isAccepted, sendSignedRequest } from './signed-request.ts';
import { SinkDelivery } from './sink-delivery.ts';

/** Source: https://www.twilio.com/docs/taskrouter/api/event/reference */
const callbackTimeoutMs = 15_000;

interface EventDeliveriesOptions {
  /** Without it nothing can be signed, and nothing is delivered. */
  readonly authToken: string | undefined;
  readonly workspaceRef: StoredWorkspace;
  readonly streams: EventStreams;
  readonly settings: () => Settings;
  readonly stats: () => Stats;
}

/** Takes events over HTTP to where they are wanted: the event callback and Event Streams' Sinks. */
export class EventDeliveries {
  readonly #options: EventDeliveriesOptions;
  #senders = new Map<string, SinkDelivery>();
  #underWay = new AbortController();
  #random: () => number;

  constructor(options: EventDeliveriesOptions) {
    this.#options = options;
    this.#random = this.#ownRandom();
  }

  /** Sets out to deliver an event; each way is late, lost or repeated by itself. */
  deliver(event: TaskRouterEvent): void {
    const { authToken, workspaceRef, streams, settings } = this.#options;
    if (authToken === undefined) return;
    const { signal } = this.#underWay;
    const sends: (() => Promise<void>)[] = [];
    if (sendsCallbackFor(workspaceRef, event.type)) {
      const request = callbackRequest(event, workspaceRef.eventCallbackUrl, authToken);
      sends.push(async () =>
        this.#count(
          signal,
          isAccepted(await sendSignedRequest(request, callbackTimeoutMs, signal)),
        ),
      );
    }
    for (const sink of streams.sinksFor(event.type)) {
      const sender = this.#senderOf(sink, authToken, signal);
      sends.push(() => sender.add(event));
    }
    for (const sendOnce of sends) {
      for (const delayMs of deliveryDelays(this.#random, settings())) {
        void this.#later(delayMs, sendOnce, signal);
      }
    }
  }

  /** Starts the sequence of what is late, lost or repeated afresh. */
  reseed(): void {
    this.#random = this.#ownRandom();
  }

  /** Drops what is not delivered yet, also what is being sent. */
  cancelPending(): void {
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

  #senderOf(sink: Sink, authToken: string, signal: AbortSignal): SinkDelivery {
    const known = this.#senders.get(sink.sid);
    if (known !== undefined) return known;
    const { streams, settings } = this.#options;
    const sender = new SinkDelivery({
      sink,
      authToken,
      firstRetryMs: () => settings().eventRetryMs,
      sinkExists: () => streams.sinks.has(sink.sid),
      recordResult: (ok) => this.#count(signal, ok),
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
