import { enableCompileCache, flushCompileCache } from 'node:module';

/**
 * Loaded before anything else (`--import`) where a function runs: its modules are compiled once, and not
 * again by everyone that comes after. What is kept is written soon, as a process may be killed.
 */
const flushAfterMs = 2000;

enableCompileCache();
setTimeout(flushCompileCache, flushAfterMs).unref();
