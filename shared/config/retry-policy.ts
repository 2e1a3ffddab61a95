/**
 * The longest wait before each further try, in seconds. The last one is for all that follow. Each wait is random
 * below its ceiling, so that the messages of one outage spread. Tries are frequent in the first minute, while a
 * finished Task may still exist: Twilio deletes it 2 to 5 minutes after completion.
 *
 * The last ceiling decides how soon links come back after an outage: within five minutes. That includes one more wait
 * for a message that meets a circuit breaker which is still open. While it is open, a try sends requests to SQS only.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter)
 */
export const retryCeilingsSeconds: readonly number[] = [1, 2, 4, 8, 15, 30, 60, 120, 240];

/**
 * How long a message is retried, in seconds since it was first delivered: more than six hours of outage. A time
 * and not a number of tries, because the waits between tries are random.
 */
export const giveUpAfterSeconds = 6.5 * 3600;

/** The least number of tries of a message, the first one included, however old it is. */
export const minTries = 14;

/**
 * How many tries in a row may leave no outcome before a message is a dead letter: one beside all the others, one
 * beside a few, two alone.
 */
export const maxUnfinishedTries = 4;

/**
 * How long a message whose last try left no outcome waits at most, in seconds. The wait is random, so that those
 * of one crash do not come back in one batch.
 */
export const unfinishedWaitSeconds = 10;

/**
 * How long the tries for a Task in wrap-up or finished stay frequent, in seconds, and the ceiling of a wait
 * in that time.
 */
export const finishingFastRetrySeconds = 150;

export const finishingMaxWaitSeconds = 15;

/** The ceiling of the wait after so many tries, in seconds. */
export function retryCeilingSeconds(tries: number): number {
  return retryCeilingsSeconds[tries - 1] ?? retryCeilingsSeconds.at(-1) ?? 0;
}

/** Failures in a row, of searches or of single Tasks, after which a circuit breaker opens. */
export const breakerFailures = 5;

/**
 * How long a circuit breaker stays open, in seconds, for each time in a row; the last one is for all that follow.
 * Never longer than the waits for a finishing Task: the Task of a message that fails may have two minutes left.
 */
export const breakerOpenSeconds: readonly number[] = [1, 2, 4, 8, 15];

/**
 * Whole seconds until a message is tried again, at least 1: a random number up to the table's ceiling for this
 * try; if Twilio or the circuit breaker asks for a wait, no less than that and up to a quarter more. While a Task
 * in wrap-up or finished may still exist, the waits are short; after that, no wait is longer than the time
 * that the message has been tried for, because an agent may take minutes to wrap up.
 * @param random in [0, 1)
 * @param triedForMs since the message was first delivered
 */
export function retryWaitSeconds(
  tries: number,
  random: number,
  {
    retryAfterMs = 0,
    finishing = false,
    triedForMs = 0,
  }: {
    retryAfterMs?: number | undefined;
    finishing?: boolean;
    triedForMs?: number;
  } = {},
): number {
  const triedForSeconds = triedForMs / 1000;
  const isFastRetry = triedForSeconds < finishingFastRetrySeconds;
  // Frequent tries are many: by their number alone, the next one could come an hour later.
  const finishingCeiling = isFastRetry ? finishingMaxWaitSeconds : triedForSeconds;
  const byTable = retryCeilingSeconds(tries);
  const ceiling = finishing ? Math.min(byTable, finishingCeiling) : byTable;
  const minSeconds = retryAfterMs / 1000;
  const spread = minSeconds * (1 + random / 4);
  const requested = finishing ? Math.min(spread, Math.max(minSeconds, finishingCeiling)) : spread;
  return Math.max(1, Math.ceil(random * ceiling), Math.ceil(requested));
}

const baseCeilingMs = 40;

const maxCeilingMs = 1000;

/**
 * Milliseconds until a Task is read again after its `round`-th conflict: none after the first, because most Tasks
 * have one other writer, which has written by then; after that full jitter below a ceiling that doubles, so that many
 * writers to one Task spread out and do not collide again.
 * `random` is in [0, 1). Source:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function conflictWaitMs(round: number, random: number): number {
  return round === 1 ? 0 : random * Math.min(maxCeilingMs, baseCeilingMs * 2 ** (round - 1));
}
