import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineReserve } from '../../shared/config/limits.ts';

/** How much of an invocation is left, as far as the work needs to know. */
export interface Deadline {
  /** Whether too little time is left to begin another request to Twilio. */
  isNear(): boolean;
  /** What the work comes to, or `late` where it is not done by the time we have to answer SQS. */
  within<Result, Late>(work: Promise<Result>, late: Late): Promise<Result | Late>;
}

/**
 * The deadline of one invocation. `remainingMs` is what Lambda tells of the time left. A reserve is
 * kept for requests under way, the last quarter of it for our answer to SQS.
 */
export function createDeadline(remainingMs: () => number): Deadline {
  const reserveMs = deadlineReserve(remainingMs(), 1000);
  return {
    isNear: () => remainingMs() < reserveMs,
    async within(work, late) {
      const timer = new AbortController();
      const timeoutMs = Math.max(0, remainingMs() - reserveMs / 4);
      try {
        return await Promise.race([work, sleep(timeoutMs, late, { signal: timer.signal })]);
      } finally {
        timer.abort();
      }
    },
  };
}
