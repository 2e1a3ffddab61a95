import { enableCompileCache, flushCompileCache } from 'node:module';
import { replaceClock } from '../../local/drill/clock.ts';
import { createScaledClock, readScaledTime } from './clock.ts';

/**
 * Loaded first (`--import`) in each function: `Date` shows the scaled time. Timers stay as they are:
 * time-outs, sleeps, the remaining time of an invocation.
 */
replaceClock(createScaledClock(readScaledTime(process.env)));

/**
 * Modules are compiled once and not again in each new process. The cache is written soon: the process may be
 * killed.
 */
const flushAfterMs = 2000;

enableCompileCache();

setTimeout(flushCompileCache, flushAfterMs).unref();
