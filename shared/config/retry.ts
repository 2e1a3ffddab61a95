/**
 * The longest that a message waits before each further try, in seconds; the last stands for all that
 * follow. Each wait is drawn evenly below its ceiling, so that the messages of one outage spread. Dense for
 * the first minute, while a finished Task may still live (Twilio deletes it 2 to 5 minutes after
 * completion), then sparse.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter)
 */
export const retryCeilingsSeconds: readonly number[] = [
  1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
];

/**
 * How long a message is tried, in seconds since it was first handed over: more than six hours of outage.
 * Not counted in tries, as those are spread by chance.
 */
export const giveUpAfterSeconds = 6.5 * 3600;

/** Tries that a message gets at the least, the first one included, however old it is. */
export const minTries = retryCeilingsSeconds.length + 1;

/**
 * How long the tries for a Task in wrap-up or finished stay dense, in seconds, and the ceiling of a wait
 * meanwhile.
 */
export const finishingFastRetrySeconds = 150;
export const finishingMaxWaitSeconds = 15;

/** The ceiling of the wait after so many tries, in seconds. */
export const retryCeilingSeconds = (tries: number): number =>
  retryCeilingsSeconds[tries - 1] ?? retryCeilingsSeconds.at(-1) ?? 0;

const countExpectedTries = (): number => {
  let tries = 1;
  for (let elapsed = 0; elapsed < giveUpAfterSeconds; tries += 1) {
    elapsed += retryCeilingSeconds(tries) / 2;
  }
  return tries;
};

/** Tries that a message gets in an outage that lasts, where chance gives each wait half of its ceiling. */
export const expectedTries = countExpectedTries();
