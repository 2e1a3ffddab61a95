const baseCeilingMs = 40;
const maxCeilingMs = 1000;

/**
 * Milliseconds until a Task is read again after its `round`-th conflict: full jitter below a ceiling
 * that doubles, so that many writers to one Task spread out instead of colliding in step.
 * `random` is in [0, 1). Source:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const conflictWaitMs = (round: number, random: number): number =>
  random * Math.min(maxCeilingMs, baseCeilingMs * 2 ** (round - 1));
