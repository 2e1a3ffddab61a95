import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from './failures.ts';

/**
 * What work comes to, if it does so in time; it is not stopped otherwise, only no longer waited for.
 * @throws Unavailable when it takes longer than so many milliseconds.
 */
export const within = async <Result>(ms: number, work: Promise<Result>): Promise<Result> => {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal }).then(() => {
    throw new Unavailable(`Not done within ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => {});
    done.abort();
  }
};
