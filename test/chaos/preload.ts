import { enableCompileCache, flushCompileCache } from 'node:module';
import { createScaledClock, readScaledTime } from './clock.ts';

/**
 * Loaded before anything else (`--import`) where a function runs: `Date` shows the faster time. What is
 * counted by timers stays as it is: time-outs, sleeps, what is left of an invocation.
 */
const now = createScaledClock(readScaledTime(process.env));

Date.now = now;

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
});

/**
 * Loaded before anything else (`--import`) where a function runs: its modules are compiled once, and not
 * again by everyone that comes after. What is kept is written soon, as a process may be killed.
 */
const flushAfterMs = 2000;

enableCompileCache();

setTimeout(flushCompileCache, flushAfterMs).unref();
