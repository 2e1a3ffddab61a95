import { setTimeout as delay } from 'node:timers/promises';
import pThrottle from 'p-throttle';

/** Creates a sleep, in milliseconds, that ends early when the operator stops the command. */
export function interruptibleSleep(stop: AbortSignal) {
  return (ms: number): Promise<unknown> => delay(ms, undefined, { signal: stop }).catch(() => {});
}

/** The most messages that SQS accepts in one request. */
const maxPerRequest = 10;

/**
 * Creates a function that resolves when so many more messages may be sent, ten at most; at once when the
 * operator stops the command.
 * @param perSecond may be a fraction
 */
export function createThrottle(perSecond: number, stop: AbortSignal) {
  const throttled = pThrottle({
    limit: maxPerRequest,
    interval: (maxPerRequest * 1000) / perSecond,
    strict: true,
    weight: (count: number) => count,
    signal: stop,
  })(async (_count: number) => {});
  return (count: number): Promise<void> =>
    throttled(count).catch((error: unknown) => {
      if (!stop.aborted) throw error;
    });
}
