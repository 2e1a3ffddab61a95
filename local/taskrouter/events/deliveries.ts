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
  /** Without it, nothing can be signed and nothing is delivered. */
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

/** Source: https://www.twilio.com/docs/events/webhook-quickstart */
const requestTimeoutMs = 5000;

/** How Twilio forms batches is not documented. */
const batchSize = 50;

const batchWindowMs = 100;

interface SinkDeliveryOptions {
  sink: Sink;
  authToken: string;
  /** First wait before a further attempt, in milliseconds. */
  firstRetryMs: () => number;
  /** Whether the Sink is still there. */
  sinkExists: () => boolean;
  recordResult: (ok: boolean) => void;
  /** Ends everything at once. */
  signal: AbortSignal;
}

/** Source: https://www.twilio.com/docs/events/event-delivery-and-duplication */
const maxRetryMs = 4 * 60 * 60 * 1000;

/** Delivers the events of one Sink, alone or in batches, until they are accepted or rejected for good. */
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
 * How long Event Streams waits before a retry: twice as long each time, less a random share of up to a half.
 * Undefined after four hours in all. The exact delays are not documented.
 *
 * @param attempts how many there were
 * @param waitedMs how long it has waited in all
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
 * Whether Event Streams does not repeat a request with this status.
 * Source: https://www.twilio.com/docs/events/faq/at-least-once-delivery
 */
function isRejected(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}
