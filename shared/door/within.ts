import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from './failures.ts';

/**
 * What work comes to, if it does so in time; it is not stopped otherwise, only no longer waited for.
 * @throws Unavailable when it takes longer than so many milliseconds.
 */
export const withTimeout = async <Result>(ms: number, work: Promise<Result>): Promise<Result> => {
  const controller = new AbortController();
  const timeout = delay(ms, undefined, { signal: controller.signal }).then(() => {
    throw new Unavailable(`Not done within ${ms} ms`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timeout.catch(() => {});
    controller.abort();
  }
};
