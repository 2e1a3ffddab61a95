import { finishingTries, retryDelaysSeconds } from '../../../shared/config/retry.ts';

/**
 * SQS hides a message for 12 hours at most, counted from when it was handed over; a function may
 * have held it for 15 minutes by then. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
const longestSeconds = 12 * 3600 - 15 * 60;

/**
 * Whole seconds until a message is tried again: what the table says for this try and up to a quarter
 * more, so that the changes of one outage do not come back all at once and none is given up sooner
 * than the table promises; never less than Twilio asked for. While a Task that is in wrap-up or finished
 * may still live, no wait is long. `random` is in [0, 1).
 */
export const retryWaitSeconds = (
  tries: number,
  random: number,
  {
    retryAfterMs = 0,
    finishing = false,
  }: { readonly retryAfterMs?: number | undefined; readonly finishing?: boolean } = {},
): number => {
  const byTable = retryDelaysSeconds[tries - 1] ?? retryDelaysSeconds.at(-1) ?? 0;
  const isShort = finishing && tries <= finishingTries.tries;
  const least = isShort ? Math.min(byTable, finishingTries.longestWaitSeconds) : byTable;
  const spread = Math.round(least * (1 + random / 4));
  const jittered = isShort ? Math.min(spread, finishingTries.longestWaitSeconds) : spread;
  return Math.min(longestSeconds, Math.max(jittered, Math.ceil(retryAfterMs / 1000)));
};
