/**
 * Keeps a pace: `turn` resolves when so many more may go, on average no faster than the rate.
 * @param perSecond may be a fraction
 */
export const createRateLimiter = (
  perSecond: number,
  now: () => number,
  sleep: (ms: number) => Promise<unknown>,
) => {
  let nextFreeAt = now();
  return {
    throttle: async (count: number): Promise<void> => {
      const start = Math.max(nextFreeAt, now());
      nextFreeAt = start + (count / perSecond) * 1000;
      if (start > now()) await sleep(start - now());
    },
  };
};
