/** Where a faster time began, and how much faster it passes. */
interface ScaledTime {
  /** Milliseconds since 1970, when both times were the same. */
  readonly start: number;
  /** How many of its seconds pass in one. */
  readonly factor: number;
}

/** The names of the variables that a function's process finds its time in. */
const startVariable = 'FAST_CLOCK_START';

const factorVariable = 'FAST_CLOCK_FACTOR';

/** A clock that shows the faster time, in milliseconds since 1970: the same one in every process. */
export function createScaledClock({ start, factor }: ScaledTime): () => number {
  return () => Math.floor(start + (performance.timeOrigin + performance.now() - start) * factor);
}

/** The variables that tell a process of the time. */
export function scaledTimeEnvironment({ start, factor }: ScaledTime): Record<string, string> {
  return {
    [startVariable]: String(start),
    [factorVariable]: String(factor),
  };
}

/**
 * The time that a process was told of.
 * @throws Error when it was told of none.
 */
export function readScaledTime(
  environment: Readonly<Record<string, string | undefined>>,
): ScaledTime {
  const start = Number(environment[startVariable]);
  const factor = Number(environment[factorVariable]);
  if (start > 0 && factor > 0) return { start, factor };
  throw new Error(`${startVariable} and ${factorVariable} must be numbers above 0`);
}

/** How many seconds of the world pass in one: a confirmation after 90 seconds comes after 1.5. */
export const timeFactor = 60;
