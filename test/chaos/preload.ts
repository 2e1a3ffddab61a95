import { enableCompileCache, flushCompileCache } from 'node:module';
import { createScaledClock, readScaledTime } from './clock.ts';

/**
 * Loaded first (`--import`) in each function: `Date` shows the scaled time. Timers stay as they are:
 * time-outs, sleeps, the remaining time of an invocation.
 */
const now = createScaledClock(readScaledTime(process.env));

Date.now = now;

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
});

/**
 * Modules are compiled once and not again in each new process. The cache is written soon: the process may be
 * killed.
 */
const flushAfterMs = 2000;

enableCompileCache();

setTimeout(flushCompileCache, flushAfterMs).unref();
