import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineReserve } from '../config/limits.ts';
import type { Deadline } from './types.ts';

/**
 * The deadline of one invocation. A reserve is kept for requests in flight, the last quarter of it for
 * our answer to SQS.
 * @param remainingMs milliseconds until Lambda stops the function
 */
export function createDeadline(remainingMs: () => number): Deadline {
  const reserveMs = deadlineReserve(remainingMs(), 1000);
  const stop = new AbortController();
  return {
    signal: stop.signal,
    isNear: () => remainingMs() < reserveMs,
    async within(work, late) {
      const timer = new AbortController();
      const timeoutMs = Math.max(0, remainingMs() - reserveMs / 4);
      try {
        const isUp = sleep(timeoutMs, late, { signal: timer.signal }).then((result) => {
          stop.abort();
          return result;
        });
        return await Promise.race([work, isUp]);
      } finally {
        timer.abort();
      }
    },
  };
}
