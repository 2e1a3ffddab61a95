import { fastClock, readFastTime } from './fast-time.ts';

/**
 * Loaded before anything else (`--import`) where a function runs: `Date` shows the faster time. What is
 * counted by timers stays as it is: time-outs, sleeps, what is left of an invocation.
 */
const now = fastClock(readFastTime(process.env));

Date.now = now;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
});
