/**
 * The longest wait before each further try, in seconds. The last value is for all later tries. Each wait is random
 * below its ceiling, so that the messages of one outage spread. Tries are frequent in the first minute, while a
 * finished Task may still exist: Twilio deletes it 2 to 5 minutes after completion.
 *
 * The last ceiling decides how soon links are written after an outage: within five minutes. That includes one more
 * wait, for a message whose try finds the circuit breaker still open. While it is open, a try sends requests to SQS
 * only.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter)
 */
export const retryCeilingsSeconds: readonly number[] = [1, 2, 4, 8, 15, 30, 60, 120, 240];

/**
 * How long a message is retried, in seconds since it was first delivered. This covers an outage of more than six
 * hours. It is a time and not a number of tries, because the waits between tries are random.
 */
export const giveUpAfterSeconds = 6.5 * 3600;

/** The lowest number of tries of a message, with the first one. It holds for old messages too. */
export const minTries = 14;

/**
 * How many tries in a row may leave no outcome before a message becomes a dead letter. In the first try the message
 * is with all others, in the second with a few, in the next two alone.
 */
export const maxUnfinishedTries = 4;

/**
 * The longest wait of a message whose last try left no outcome, in seconds. The wait is random, so that the
 * messages of one crash do not come back in one batch.
 */
export const unfinishedWaitSeconds = 10;

/**
 * For a Task that is in wrap-up or finished: how long tries stay frequent, and the ceiling of a wait in that time.
 * Both in seconds.
 */
export const finishingFastRetrySeconds = 150;

export const finishingMaxWaitSeconds = 15;

/** The ceiling of the wait after this number of tries, in seconds. */
export function retryCeilingSeconds(tries: number): number {
  return retryCeilingsSeconds[tries - 1] ?? retryCeilingsSeconds.at(-1) ?? 0;
}

/** A circuit breaker opens after this many failures in a row. */
export const breakerFailures = 5;

/**
 * How long a circuit breaker stays open, in seconds, for the first, second, … time in a row. The last value is for
 * all later times. It is never longer than the waits for a Task that will finish, because such a Task may exist for
 * only two more minutes.
 */
export const breakerOpenSeconds: readonly number[] = [1, 2, 4, 8, 15];

/**
 * Whole seconds until a message is tried again, at least 1. It is a random number up to the ceiling for this try.
 * If Twilio or the circuit breaker asks for a wait, it is that wait or up to a quarter more. While a Task in
 * wrap-up or finished may still exist, the waits are short. After that, no wait is longer than the time since the
 * first delivery, because an agent may take minutes to wrap up.
 * @param random a number from 0 up to 1
 * @param triedForMs milliseconds since the message was first delivered
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
  // Tries were frequent, so their number is high. By this number alone, the next try could be an hour later.
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
 * Milliseconds until a Task is read again after its `round`-th conflict. After the first conflict there is no wait:
 * most Tasks have one other writer, whose write is complete by then. After that the wait is random below a ceiling
 * that doubles, so that many writers to one Task do not collide again. `random` is a number from 0 up to 1.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function conflictWaitMs(round: number, random: number): number {
  return round === 1 ? 0 : random * Math.min(maxCeilingMs, baseCeilingMs * 2 ** (round - 1));
}
