import { giveUpAfterSeconds, maxUnfinishedTries } from './retry-policy.ts';

const day = 24 * 3600;

/** How long SQS keeps a message of the queue, in seconds: SQS's own default. */
export const queueRetentionSeconds = 4 * day;

/**
 * How long SQS keeps a dead letter, in seconds: its maximum. It must be more than the queue's retention,
 * because the age of a message that SQS moves itself counts from when it was first sent.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
 */
export const deadLetterRetentionSeconds = 14 * day;

/**
 * Seconds that SQS hides a message while a function with this timeout processes it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function visibilityTimeoutSeconds(functionTimeoutSeconds: number): number {
  return 6 * functionTimeoutSeconds;
}

/**
 * How often SQS delivers a message before it moves it to the dead-letter queue itself. A sync that runs replaces
 * each message that it does not finish by a copy, which counts from 1 again, and sends its own dead letters, with
 * the reason, which SQS cannot give. So only a sync that cannot even start uses up receives, one for each
 * `visibilitySeconds`. The number covers that for as long as an outage may last. SQS's maximum is 1000.
 */
export function maxReceiveCount(visibilitySeconds: number): number {
  return Math.min(1000, Math.ceil(giveUpAfterSeconds / visibilitySeconds) + maxUnfinishedTries);
}

/**
 * The longest that SQS can delay a message, in seconds.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-timers.html
 */
export const maxDelaySeconds = 900;

/**
 * The least time that Twilio keeps a finished Task, in seconds; other pages of Twilio say five minutes.
 * Source: https://www.twilio.com/docs/flex/developer/insights/enhance-integration
 */
export const finishedTaskTtlSeconds = 120;

/**
 * Twilio's limit for finding Tasks by an expression, for the whole account.
 * Source: https://www.twilio.com/en-us/changelog/taskrouter-endpoint-rate-limit-correction
 */
export const accountEvaluationsPerSecond = 3;

/**
 * One function instance's share of the account's evaluations a second, if up to `instances` run at once. Each
 * spaces its own evenly and knows nothing of the others: up to three instances get whole evaluations a second,
 * so that no second has more than the account's; more instances keep to it on average, and requests that
 * Twilio rejects with 429 are retried.
 */
export function evaluationsPerSecond(instances: number): number {
  return instances <= accountEvaluationsPerSecond
    ? Math.floor(accountEvaluationsPerSecond / instances)
    : Math.floor((accountEvaluationsPerSecond * 1000) / instances) / 1000;
}

/** The limits of all requests together that match no route. No configured sender makes such requests. */
export const defaultRouteThrottle = { requestsPerSecond: 5, burst: 5 };

/**
 * How many instances a webhook function may have for so many senders: one for each request of a burst of each
 * sender. So a flood of one sender leaves room for the others, unless requests take so long that more of them
 * run at once than one burst has.
 */
function webhookConcurrency(senders: number, burst: number): number {
  return senders * burst;
}

/**
 * The concurrency that each function reserves: one instance for each request of a burst of each route, and those of
 * sync.
 * @param instances how many instances of sync may run at once
 */
export function reservedConcurrency(sources: number, burst: number, instances: number) {
  return {
    crmChange: webhookConcurrency(sources, burst) + defaultRouteThrottle.burst,
    taskEvent: webhookConcurrency(1, burst),
    sync: instances,
  };
}

/**
 * The concurrency that AWS keeps for functions that reserve none: an account cannot reserve it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
export const minUnreservedConcurrency = 100;

/** How long one invocation of the sync may take. */
export const syncTimeoutSeconds = 30;

/** How many Tasks an instance of the sync updates at once by default. */
export const defaultTasksInParallel = 4;

/** Requests to Twilio for one Task at once: the Task and its reservations are read side by side. */
export const requestsPerTask = 2;

/**
 * The bounds of an event source mapping's maximum concurrency.
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
 */
export const minInstances = 2;

const maxInstances = 1000;

/**
 * How many instances may process the queue at once, so that their requests to Twilio stay within
 * `concurrentRequests` in all. That must be enough for `minInstances`.
 */
export function syncConcurrency(concurrentRequests: number, tasksInParallel: number): number {
  return Math.min(
    maxInstances,
    Math.floor(concurrentRequests / (tasksInParallel * requestsPerTask)),
  );
}

/**
 * How much of an invocation is reserved for requests in flight and for the response to SQS: eight seconds, or a
 * third if that is less.
 * @param total the time of the invocation
 * @param second how many units of `total` are a second
 */
export function deadlineReserve(total: number, second: number): number {
  return Math.min(8 * second, total / 3);
}

/** How long a Task takes if Twilio is slow: a read and a write, a second each. */
const slowTaskSeconds = 2;

/**
 * How many messages an instance takes at once: as many as it can process in time if each is for another Task and
 * Twilio is slow. Messages that it has no time for stay in the queue; that does not count as a failure.
 */
export function batchSize(tasksInParallel: number, functionTimeoutSeconds: number): number {
  const seconds = functionTimeoutSeconds - deadlineReserve(functionTimeoutSeconds, 1);
  return Math.max(1, Math.floor((tasksInParallel * seconds) / slowTaskSeconds));
}
