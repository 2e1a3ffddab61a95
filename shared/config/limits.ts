import { giveUpAfterSeconds, maxUnfinishedTries } from './retry-policy.ts';

const day = 24 * 3600;

/** The memory of each Lambda function, in megabytes. */
export const functionMegabytes = 512;

/** How long SQS keeps a message of the queue, in seconds: SQS's own default. */
export const queueRetentionSeconds = 4 * day;

/**
 * How long SQS keeps a dead letter, in seconds: the maximum of SQS. It must be longer than the retention of the
 * queues: if SQS itself moves a message, its age counts from the first send.
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
 * How often SQS delivers a message before SQS itself moves it to the dead-letter queue.
 *
 * While sync runs, it replaces a message that it does not finish by a copy, whose receives count from 1. It sends its
 * own dead letters, with a reason, which SQS cannot give. So a message uses up receives only if sync cannot start: one
 * for each `visibilitySeconds`. The number covers a long outage. The maximum of SQS is 1000.
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
 * The shortest time that Twilio keeps a finished Task, in seconds. Other pages of Twilio say five minutes.
 * Source: https://www.twilio.com/docs/flex/developer/insights/enhance-integration
 */
export const finishedTaskTtlSeconds = 120;

/**
 * Twilio's limit for finding Tasks by an expression, for the whole account.
 * Source: https://www.twilio.com/en-us/changelog/taskrouter-endpoint-rate-limit-correction
 */
export const accountEvaluationsPerSecond = 3;

/** The queues of sync. `shared/messages/queue-of.ts` says which messages each holds. */
export const queueNames = ['changes', 'lookups'] as const;

export type QueueName = (typeof queueNames)[number];

/** How Lambda reads a queue: its event source mapping. */
export interface EventSource {
  /** The most messages in one invocation. */
  readonly batchSize: number;
  /**
   * How long Lambda waits for a full batch, in seconds. For a batch of more than ten messages, the minimum is one
   * second.
   */
  readonly windowSeconds: number;
  /** How many batches sync processes at once, 2 or more. */
  readonly maximumConcurrency: number;
}

/**
 * The event sources of sync. `changes` never waits for a full batch, so that a link takes only the time of its
 * requests to Twilio. `lookups` waits, because Twilio allows few searches a second: a batch has as many changes as
 * one search has room for, and there is one invocation for each search of a second. With more invocations, searches
 * come together and get 429.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const eventSources: Readonly<Record<QueueName, EventSource>> = {
  changes: { batchSize: 10, windowSeconds: 0, maximumConcurrency: 6 },
  lookups: {
    batchSize: 44,
    windowSeconds: 1,
    maximumConcurrency: accountEvaluationsPerSecond,
  },
};

/** The highest number of sync invocations at once. */
const syncConcurrency = queueNames.reduce(
  (sum, name) => sum + eventSources[name].maximumConcurrency,
  0,
);

/**
 * The evaluations per second of one function instance. An invocation with an evaluation lasts as long as its share
 * of the second. So successive invocations stay within the limit of the account, in any instance.
 */
export const instanceEvaluationsPerSecond =
  accountEvaluationsPerSecond / eventSources.lookups.maximumConcurrency;

/**
 * The share of each queue in the concurrent requests to Twilio. With the defaults, a batch of ten changes takes
 * three round trips, and a batch of lookups takes no longer than its share of the searches.
 */
const requestShares: Readonly<Record<QueueName, number>> = { changes: 5 / 8, lookups: 3 / 8 };

/**
 * How many requests to Twilio an invocation may make at once. With this number, all invocations together stay
 * within `concurrentRequests`.
 * @param queue the queue of the invocation's messages
 */
export function requestsInParallel(queue: QueueName, concurrentRequests: number): number {
  const share = concurrentRequests * requestShares[queue];
  return Math.floor(share / eventSources[queue].maximumConcurrency);
}

/**
 * With this number each invocation may make two requests at once, because a Task and its reservations are read at
 * the same time.
 */
export const minConcurrentRequests = 20;

/** How many requests at once Twilio gets by default: 10 from each of six invocations, 12 from each of three. */
export const defaultConcurrentRequests = 96;

/** The limits of all requests together that match no route. No configured sender makes such requests. */
export const defaultRouteThrottle = { requestsPerSecond: 5, burst: 5 };

/**
 * How many instances a webhook function may have. It has one for each request of a burst of each sender. So a flood
 * from one sender leaves room for the others, unless requests take so long that more of them run at once than one
 * burst has.
 */
function webhookConcurrency(senders: number, burst: number): number {
  return senders * burst;
}

/**
 * The concurrency that each function reserves: one instance for each request of a burst of each route, and the
 * concurrency of sync.
 */
export function reservedConcurrency(sources: number, burst: number) {
  return {
    crmChange: webhookConcurrency(sources, burst) + defaultRouteThrottle.burst,
    taskEvent: webhookConcurrency(1, burst),
    sync: syncConcurrency,
  };
}

/**
 * The concurrency that AWS keeps for functions that reserve none. An account cannot reserve it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
export const minUnreservedConcurrency = 100;

/** How long one invocation of the sync may take. */
export const syncTimeoutSeconds = 30;

/**
 * How much of an invocation is reserved for running requests and for the response to SQS: eight seconds, or a third
 * if that is less.
 * @param total the time of the invocation
 * @param second how many units of `total` make a second
 */
export function deadlineReserve(total: number, second: number): number {
  return Math.min(8 * second, total / 3);
}

/** The requests for one Task: two reads (the Task, its reservations) and one write. */
const requestsPerTask = 3;

/**
 * The most messages in one invocation. It can process this number in time if each message is for another Task and
 * each request to Twilio takes a second. Messages that it has no time for stay in the queue. That does not count as
 * a failure.
 * @param concurrentRequests how many requests to Twilio all invocations may make at once
 */
export function batchSize(queue: QueueName, concurrentRequests: number): number {
  const seconds = syncTimeoutSeconds - deadlineReserve(syncTimeoutSeconds, 1);
  const inParallel = requestsInParallel(queue, concurrentRequests);
  const inTime = Math.floor((seconds * inParallel) / requestsPerTask);
  return Math.min(eventSources[queue].batchSize, inTime);
}
