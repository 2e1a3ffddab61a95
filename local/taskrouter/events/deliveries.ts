import { setTimeout as sleep } from 'node:timers/promises';
import { deliveryDelays, seededRandom } from '../faults.ts';
import type { Settings } from '../settings.ts';
import type { Stats } from '../stats.ts';
import { type StoredWorkspace, sendsCallbackFor } from '../tasks/workspace.ts';
import type { EmulatedEvent } from './event.ts';
import type { EventStreams, Sink } from './event-streams.ts';
import { callbackRequest, isAccepted, sendSignedRequest } from './signed-request.ts';
import { SinkDelivery } from './sink-delivery.ts';

/** Source: https://www.twilio.com/docs/taskrouter/api/event/reference */
const callbackTimeoutMs = 15_000;

interface EventDeliveriesOptions {
  /** Without it, nothing can be signed and nothing is delivered. */
  authToken: string | undefined;
  workspaceRef: StoredWorkspace;
  streams: EventStreams;
  settings: () => Settings;
  stats: () => Stats;
}

/** Delivers events over HTTP to the event callback and to the Sinks of Event Streams. */
export class EventDeliveries {
  readonly #options: EventDeliveriesOptions;
  #senders = new Map<string, SinkDelivery>();
  #abortController = new AbortController();
  #random: () => number;

  constructor(options: EventDeliveriesOptions) {
    this.#options = options;
    this.#random = this.#createRandom();
  }

  /** Begins to deliver an event. For each receiver by itself it may be late, lost or repeated. */
  deliver(event: EmulatedEvent): void {
    const { authToken, workspaceRef, streams, settings } = this.#options;
    if (authToken === undefined) return;
    const { signal } = this.#abortController;
    const sends: (() => Promise<void>)[] = [];
    if (sendsCallbackFor(workspaceRef, event.type)) {
      const request = callbackRequest(event, workspaceRef.eventCallbackUrl, authToken);
      sends.push(async () =>
        this.#recordResult(
          signal,
          isAccepted(await sendSignedRequest(request, callbackTimeoutMs, signal)),
        ),
      );
    }
    for (const sink of streams.sinksFor(event.type)) {
      const sender = this.#sinkDeliveryFor(sink, authToken, signal);
      sends.push(() => sender.add(event));
    }
    for (const sendOnce of sends) {
      for (const delayMs of deliveryDelays(this.#random, settings())) {
        void this.#sendAfter(delayMs, sendOnce, signal);
      }
    }
  }

  /** Restarts the random sequence of late, lost and repeated events. */
  reseed(): void {
    this.#random = this.#createRandom();
  }

  /** Drops events that are not delivered yet, also those that are being sent. */
  cancelPending(): void {
    this.close();
    this.#abortController = new AbortController();
    this.#senders = new Map();
  }

  /** Like `drop`, and no event is delivered any more. */
  close(): void {
    this.#abortController.abort();
  }

  /** A sequence of its own, so that events do not change that of the faults. */
  #createRandom(): () => number {
    return seededRandom(~this.#options.settings().seed);
  }

  async #sendAfter(delayMs: number, way: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      if (delayMs > 0) await sleep(delayMs, undefined, { signal });
      signal.throwIfAborted();
      await way();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #sinkDeliveryFor(sink: Sink, authToken: string, signal: AbortSignal): SinkDelivery {
    const known = this.#senders.get(sink.sid);
    if (known !== undefined) return known;
    const { streams, settings } = this.#options;
    const sender = new SinkDelivery({
      sink,
      authToken,
      firstRetryMs: () => settings().eventRetryMs,
      sinkExists: () => streams.sinks.has(sink.sid),
      recordResult: (ok) => this.#recordResult(signal, ok),
      signal,
    });
    this.#senders.set(sink.sid, sender);
    return sender;
  }

  #recordResult(signal: AbortSignal, ok: boolean): void {
    if (signal.aborted) return;
    const { deliveries } = this.#options.stats();
    deliveries[ok ? 'ok' : 'failed'] += 1;
  }
}
