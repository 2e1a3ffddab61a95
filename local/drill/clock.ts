import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/** A clock that can be put forward. */
export interface DrillClock {
  /** @param ms milliseconds */
  advance(ms: number): void;
}

/**
 * Replaces `Date` in this process by a clock that can be put forward. Worker threads use the same clock if they
 * start later and load this file first (`--import`). Timers are not changed. The HTTP responses of this process
 * have the clock's time in their `Date` header.
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

/**
 * Replaces `Date` in this thread or process by another clock.
 * @param now returns milliseconds since 1970
 */
export function replaceClock(now: () => number): void {
  Date.now = now;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  });
}

/** A worker thread uses the clock of its process, if the process has one. */
if (!isMainThread) {
  const aheadMs = getEnvironmentData(environmentKey);
  if (aheadMs instanceof Float64Array) shiftDate(aheadMs);
}
