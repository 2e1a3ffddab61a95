import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/** A clock that can be put forward. */
export interface DrillClock {
  /** @param ms milliseconds */
  advance(ms: number): void;
}

/**
 * Puts `Date` of this process under a clock that can be put forward, and of all worker threads that start later
 * with this file loaded first (`--import`). Timers stay as they are. HTTP responses of this process have its time in their `Date` header.
 */
export function installDrillClock(): DrillClock {
  const aheadMs = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  setEnvironmentData(environmentKey, aheadMs);
  shiftDate(aheadMs);
  // Source: https://nodejs.org/docs/latest-v24.x/api/diagnostics_channel.html#http
  subscribe('http.server.request.start', (message) => {
    const { response } = message as { response: ServerResponse };
    response.setHeader('date', new Date().toUTCString());
  });
  return {
    advance: (ms) => {
      aheadMs[0] = (aheadMs[0] ?? 0) + ms;
    },
  };
}

const environmentKey = 'drill clock';

function shiftDate(aheadMs: Float64Array): void {
  const realNow = Date.now;
  replaceClock(() => realNow() + (aheadMs[0] ?? 0));
}

/** Puts `Date` of this thread or process under another clock. @param now milliseconds since 1970 */
export function replaceClock(now: () => number): void {
  Date.now = now;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  });
}

/** A worker thread is under the clock of its process, if that has one. */
if (!isMainThread) {
  const aheadMs = getEnvironmentData(environmentKey);
  if (aheadMs instanceof Float64Array) shiftDate(aheadMs);
}
