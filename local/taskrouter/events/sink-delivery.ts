import { setTimeout as sleep } from 'node:timers/promises';
import type { EmulatedEvent } from './event.ts';
import type { Sink } from './event-streams.ts';
import { eventStreamsRequest, isAccepted, sendSignedRequest } from './signed-request.ts';

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
export class SinkDelivery {
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
