/** Failures in a row after which TaskRouter is not asked for a while. */
export const breakerFailures = 5;

/**
 * How long it is not asked, in seconds, for each time in a row; the last stands for all that follow. Never
 * as long as a finished Task lives, so that an outage that ends is noticed in time for it.
 */
export const breakerPausesSeconds: readonly number[] = [1, 2, 4, 8, 15, 30, 60];
