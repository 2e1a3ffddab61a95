/** Failures in a row after which TaskRouter is not asked for a while, of searches or of single Tasks. */
export const breakerFailures = 5;

/**
 * How long it is not asked, in seconds, for each time in a row; the last stands for all that follow. Never
 * longer than the waits of a Task that ends: what is turned away for its sake may have two minutes left.
 */
export const breakerOpenSeconds: readonly number[] = [1, 2, 4, 8, 15];
