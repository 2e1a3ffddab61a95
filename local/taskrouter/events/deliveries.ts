import { setTimeout as sleep } from 'node:timers/promises';
import { deliveryDelays, type Settings, seededRandom } from '../settings.ts';
import { type StoredWorkspace, sendsCallbackFor } from '../tasks/types.ts';
import type { EmulatedEvent } from './event.ts';
import type { EventStreams, Sink } from './event-streams.ts';
import {
  callbackRequest,
  eventStreamsRequest,
  isAccepted,
  sendSignedRequest,
} from './signed-request.ts';

/** Source: https://www.twilio.com/docs/taskrouter/api/event/reference */
const callbackTimeoutMs = 15_000;

interface EventDeliveriesOptions {
  /** The key that signs events. If it is undefined, no event is delivered. */
  authToken: string | undefined;
  workspaceRef: StoredWorkspace;
  streams: EventStreams;
  settings: () => Settings;
  stats: () => { deliveries: Record<'ok' | 'failed', number> };
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

  /** Starts the delivery of an event. The event may be late, lost or repeated, independently for each receiver. */
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

  /** Restarts the random sequence that decides which events are late, lost or repeated. */
  reseed(): void {
    this.#random = this.#createRandom();
  }

  /** Drops events that are not delivered yet, and aborts the requests that are under way. */
  cancelPending(): void {
    this.close();
    this.#abortController = new AbortController();
    this.#senders = new Map();
  }

  /** Drops events as `cancelPending` does. From then on, no event is delivered. */
  close(): void {
    this.#abortController.abort();
  }

  /** Events have their own random sequence, so that they do not change the sequence of the faults. */
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

/** Source: https://www.twilio.com/docs/events/webhook-quickstart */
const requestTimeoutMs = 5000;

/** Twilio does not document how it forms batches. */
const batchSize = 50;

const batchWindowMs = 100;

interface SinkDeliveryOptions {
  sink: Sink;
  authToken: string;
  /** The wait before the first retry, in milliseconds. */
  firstRetryMs: () => number;
  /** Whether the Sink still exists. */
  sinkExists: () => boolean;
  recordResult: (ok: boolean) => void;
  /** Aborts all deliveries at once. */
  signal: AbortSignal;
}

/** Source: https://www.twilio.com/docs/events/event-delivery-and-duplication */
const maxRetryMs = 4 * 60 * 60 * 1000;

/** Delivers the events of one Sink, singly or in batches, until each request is accepted or rejected for good. */
class SinkDelivery {
  readonly #options: SinkDeliveryOptions;
  #batch: EmulatedEvent[] = [];

  constructor(options: SinkDeliveryOptions) {
    this.#options = options;
  }

  async add(event: EmulatedEvent): Promise<void> {
    const { sink, signal } = this.#options;
    if (!sink.configuration.batch_events) return this.#deliver([event]);
    this.#batch.push(event);
    if (this.#batch.length === 1) await sleep(batchWindowMs, undefined, { signal });
    else if (this.#batch.length < batchSize) return undefined;
    return this.#deliver(this.#batch.splice(0));
  }

  async #deliver(events: readonly EmulatedEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { sink, authToken, firstRetryMs, sinkExists, recordResult, signal } = this.#options;
    const request = eventStreamsRequest(events, sink.configuration.destination, authToken);
    let waitedMs = 0;
    for (let attempts = 1; sinkExists(); attempts += 1) {
      const status = await sendSignedRequest(request, requestTimeoutMs, signal);
      signal.throwIfAborted();
      recordResult(isAccepted(status));
      if (isAccepted(status) || isRejected(status)) return;
      const waitMs = nextRetryDelay(firstRetryMs(), attempts, waitedMs, Math.random());
      if (waitMs === undefined) return;
      await sleep(waitMs, undefined, { signal });
      waitedMs += waitMs;
    }
  }
}

/**
 * How long Event Streams waits before a retry, in milliseconds. Each wait is twice as long as the one before it,
 * less a random share of up to a half. Undefined if the waits would exceed four hours in all. Twilio does not
 * document the exact delays.
 *
 * @param attempts how many attempts failed so far
 * @param waitedMs all waits so far, in milliseconds
 * @param random a number from 0 up to 1
 */
export function nextRetryDelay(
  firstMs: number,
  attempts: number,
  waitedMs: number,
  random: number,
): number | undefined {
  const wait = firstMs * 2 ** (attempts - 1) * (1 - random / 2);
  return waitedMs + wait > maxRetryMs ? undefined : wait;
}

/**
 * Whether Event Streams gives up a request that got this status.
 * Source: https://www.twilio.com/docs/events/faq/at-least-once-delivery
 */
function isRejected(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}
