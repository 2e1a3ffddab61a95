/** Source: https://www.twilio.com/docs/events/event-delivery-and-duplication */
const longestMs = 4 * 60 * 60 * 1000;

/**
 * How long Event Streams waits before it tries again: twice as long each time, less up to a half of it
 * by chance. Undefined once four hours would have passed. How it waits exactly is not documented.
 *
 * @param attempts how many there were
 * @param waitedMs how long it has waited in all
 * @param random a number from 0 up to 1
 */
export const retryWait = (
  firstMs: number,
  attempts: number,
  waitedMs: number,
  random: number,
): number | undefined => {
  const wait = firstMs * 2 ** (attempts - 1) * (1 - random / 2);
  return waitedMs + wait > longestMs ? undefined : wait;
};
