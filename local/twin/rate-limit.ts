/** Lets `count` requests through in any window of `windowMs`; refused ones do not count. */
export const slidingWindow = (count: number, windowMs: number, now: () => number) => {
  let passed: number[] = [];
  return (): boolean => {
    const time = now();
    passed = passed.filter((earlier) => time - earlier < windowMs);
    if (passed.length >= count) return false;
    passed.push(time);
    return true;
  };
};
