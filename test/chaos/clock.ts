/** A clock that runs faster than the real one. */
interface ScaledTime {
  /** When both clocks showed the same time, in milliseconds since 1970. */
  readonly start: number;
  /** How many of its seconds pass in one real second. */
  readonly factor: number;
}

const startVariable = 'SCALED_CLOCK_START';

const factorVariable = 'SCALED_CLOCK_FACTOR';

/** The scaled time in milliseconds since 1970; the same in every process. */
export function createScaledClock({ start, factor }: ScaledTime): () => number {
  return () => Math.floor(start + (performance.timeOrigin + performance.now() - start) * factor);
}

/** The environment variables that hold the scaled time for a process. */
export function scaledTimeEnvironment({ start, factor }: ScaledTime): Record<string, string> {
  return {
    [startVariable]: String(start),
    [factorVariable]: String(factor),
  };
}

/**
 * The scaled time in the environment of a process.
 * @throws Error when there is none
 */
export function readScaledTime(
  environment: Readonly<Record<string, string | undefined>>,
): ScaledTime {
  const start = Number(environment[startVariable]);
  const factor = Number(environment[factorVariable]);
  if (start > 0 && factor > 0) return { start, factor };
  throw new Error(`${startVariable} and ${factorVariable} must be numbers above 0`);
}

/** How many seconds of the stack pass in one real second: a confirmation after 90 s comes after 1.5 s. */
export const timeFactor = 60;
