import { isDeepStrictEqual } from 'node:util';

/** What came of a story. */
export interface Told {
  /** What was not as it should be, in words. */
  readonly surprises: readonly string[];
  /** Calls that the sync made to TaskRouter. */
  readonly twilioCalls: number;
}

/** Two stories as one. */
export const add = (one: Told, other: Told): Told => ({
  surprises: [...one.surprises, ...other.surprises],
  twilioCalls: one.twilioCalls + other.twilioCalls,
});

/** What is wrong where something was found that should be another, in words. */
export const surprisesIn = (
  checks: readonly (readonly [what: string, found: unknown, expected: unknown])[],
): string[] =>
  checks
    .filter(([, found, expected]) => !isDeepStrictEqual(found, expected))
    .map(
      ([what, found, expected]) =>
        `${what} should be ${JSON.stringify(expected)}, but is ${JSON.stringify(found)}`,
    );

/** The calls that the sync makes, as the twin counts them. */
const bySync = ['fetchTask', 'updateTask', 'listReservations', 'listTasks', 'evaluate'];

/** How many of the twin's calls are of the kinds that the sync makes. */
export const syncCalls = (calls: Readonly<Record<string, unknown>>): number =>
  bySync.reduce((sum, call) => sum + Number(calls[call] ?? 0), 0);
