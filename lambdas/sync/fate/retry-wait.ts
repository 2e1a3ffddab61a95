import {
  finishingFastRetrySeconds,
  finishingMaxWaitSeconds,
  retryCeilingSeconds,
} from '../../../shared/config/retry.ts';

/**
 * SQS hides a message for 12 hours at most, counted from when it was handed over; a function may
 * have held it for 15 minutes by then. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
const maxVisibilitySeconds = 12 * 3600 - 15 * 60;

/**
 * Whole seconds until a message is tried again, 1 at the least: any number up to the table's ceiling for
 * this try, and where Twilio or the breaker asked for a wait, no less than that and up to a quarter more. While a
 * Task that is in wrap-up or finished may still live, no wait of ours is long, and the breaker asks for none
 * that is; and after that, none is longer than it was tried for by then, as an agent may take minutes to wrap up.
 * @param random in [0, 1)
 * @param triedForMs since the message was first handed over
 */
export const retryWaitSeconds = (
  tries: number,
  random: number,
  {
    retryAfterMs = 0,
    finishing = false,
    triedForMs = 0,
  }: {
    readonly retryAfterMs?: number | undefined;
    readonly finishing?: boolean;
    readonly triedForMs?: number;
  } = {},
): number => {
  const triedForSeconds = triedForMs / 1000;
  const isFastRetry = triedForSeconds < finishingFastRetrySeconds;
  // Dense tries are many: by their number alone, the next one could come an hour later.
  const finishingCeiling = isFastRetry ? finishingMaxWaitSeconds : triedForSeconds;
  const byTable = retryCeilingSeconds(tries);
  const ceiling = finishing ? Math.min(byTable, finishingCeiling) : byTable;
  const minSeconds = retryAfterMs / 1000;
  const spread = minSeconds * (1 + random / 4);
  const requested = finishing ? Math.min(spread, Math.max(minSeconds, finishingCeiling)) : spread;
  return Math.min(
    maxVisibilitySeconds,
    Math.max(1, Math.ceil(random * ceiling), Math.ceil(requested)),
  );
};
