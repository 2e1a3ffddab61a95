/**
 * How long a message waits before each further try, in seconds. Dense for the first minute, while a
 * finished Task may still live (Twilio deletes it 2 to 5 minutes after completion), then sparse: more
 * than six hours of outage in all before a message is given up.
 */
export const retryDelaysSeconds: readonly number[] = [
  1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 3600, 3600, 3600, 3600,
];

/**
 * How long the tries for a Task in wrap-up or finished stay dense: two minutes and a half of waits of 15
 * seconds at most, then the table again.
 */
export const finishingTries = { tries: 12, longestWaitSeconds: 15 };

/** Tries a message gets in all, the first one included. */
export const maximumTries = retryDelaysSeconds.length + 1;
