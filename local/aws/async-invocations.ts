import { setTimeout as delay } from 'node:timers/promises';
import type { BusEvent } from './put-events.ts';

export interface AsyncInvocationsOptions {
  readonly invoke: (event: BusEvent) => Promise<unknown>;
  /** Keeps an event that failed to the last. */
  readonly deadLetter: (event: BusEvent, error: unknown) => Promise<unknown>;
  /** The waits before each further try. Lambda's are one and two minutes; the embedded world has shorter ones. */
  readonly retryDelaysMs: readonly number[];
  readonly log: (line: string) => void;
}

/**
 * Lambda's asynchronous invocations of a function: whoever hands an event over does not wait, a failed
 * one is tried again after each of the delays, and what fails to the last becomes a dead letter.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export const asyncInvocations = (options: AsyncInvocationsOptions) => {
  const { invoke, deadLetter, log } = options;
  const running = new Set<Promise<void>>();
  const closing = new AbortController();

  const attempt = async (event: BusEvent, delaysMs: readonly number[]): Promise<unknown> => {
    try {
      return await invoke(event);
    } catch (error) {
      const [delayMs, ...rest] = delaysMs;
      if (delayMs === undefined) return deadLetter(event, error);
      log(`event ${event.id} failed and will be tried again: ${error}`);
      await delay(delayMs, undefined, { signal: closing.signal });
      return attempt(event, rest);
    }
  };

  return {
    /** Hands an event over. It never throws. */
    hand: (event: BusEvent): void => {
      const run = attempt(event, options.retryDelaysMs)
        .catch((error) => log(`event ${event.id} is lost: ${error}`))
        .then(() => void running.delete(run));
      running.add(run);
    },
    /** Tries nothing again from here on. Settles when nothing runs any more. */
    close: async (): Promise<void> => {
      closing.abort();
      await Promise.all(running);
    },
  };
};
