import { setTimeout as sleep } from 'node:timers/promises';
import type { Sink } from './event-streams.ts';
import { retryWait } from './retry-wait.ts';
import { isTaken, send } from './send.ts';
import { streamRequest } from './signed-request.ts';
import type { TwinEvent } from './twin-event.ts';

/** Source: https://www.twilio.com/docs/events/webhook-quickstart */
const timeoutMs = 5000;

/** How a batch comes about is not documented. */
const batchSize = 50;
const batchWindowMs = 100;

export interface SinkSenderOptions {
  readonly sink: Sink;
  readonly authToken: string;
  /** First wait before a further attempt, in milliseconds. */
  readonly retryMs: () => number;
  /** Whether the Sink is still there. */
  readonly isWanted: () => boolean;
  readonly count: (ok: boolean) => void;
  /** Ends everything at once. */
  readonly signal: AbortSignal;
}

/**
 * Whether an answer says that there is no use in trying again.
 * Source: https://www.twilio.com/docs/events/faq/at-least-once-delivery
 */
const isRefused = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && status !== 429;

/** Delivers the events of one Sink: alone or in batches, again and again until they are taken or refused. */
export class SinkSender {
  readonly #options: SinkSenderOptions;
  #batch: TwinEvent[] = [];

  constructor(options: SinkSenderOptions) {
    this.#options = options;
  }

  async add(event: TwinEvent): Promise<void> {
    const { sink, signal } = this.#options;
    if (!sink.configuration.batch_events) return this.#deliver([event]);
    this.#batch.push(event);
    if (this.#batch.length === 1) await sleep(batchWindowMs, undefined, { signal });
    else if (this.#batch.length < batchSize) return undefined;
    return this.#deliver(this.#batch.splice(0));
  }

  async #deliver(events: readonly TwinEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { sink, authToken, retryMs, isWanted, count, signal } = this.#options;
    const request = streamRequest(events, sink.configuration.destination, authToken);
    let waitedMs = 0;
    for (let attempts = 1; isWanted(); attempts += 1) {
      const status = await send(request, timeoutMs, signal);
      signal.throwIfAborted();
      count(isTaken(status));
      if (isTaken(status) || isRefused(status)) return;
      const waitMs = retryWait(retryMs(), attempts, waitedMs, Math.random());
      if (waitMs === undefined) return;
      await sleep(waitMs, undefined, { signal });
      waitedMs += waitMs;
    }
  }
}
