import { giveUpAfterSeconds } from './retry-policy.ts';

const day = 24 * 3600;

/** How long SQS keeps a change that nobody could take in: SQS's own default, in seconds. */
export const queueRetentionSeconds = 4 * day;

/**
 * How long a dead letter is kept, in seconds: the most that SQS has. It must be more than the queue's
 * retention, as a message's age goes on counting from when it was first sent.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
 */
export const deadLetterRetentionSeconds = 14 * day;

/**
 * Seconds that a message stays hidden while a function with this timeout works on it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export function visibilityTimeoutSeconds(functionTimeoutSeconds: number): number {
  return 6 * functionTimeoutSeconds;
}

/**
 * How often SQS hands a message over before it moves it to the dead-letter queue by itself. The
 * consumer gives a message up after `tries` and says why, which SQS cannot; this is for messages that
 * never let it get so far (a crash, a timeout), so it is well out of the consumer's way. And it is as
 * patient: where a consumer cannot even begin for that long, which leaves each message hidden for
 * `hiddenSeconds` at a time, its message has all its tries left. 1000 is SQS's most.
 */
export function maxReceiveCount(tries: number, visibilitySeconds: number): number {
  return Math.min(
    1000,
    Math.ceil(Math.max(2.5 * tries, giveUpAfterSeconds / visibilitySeconds + tries)),
  );
}

/**
 * As long as SQS can hold a message back, in seconds.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-timers.html
 */
export const maxDelaySeconds = 900;

/**
 * How long Twilio keeps a finished Task at the least, in seconds; other pages of its own say five minutes.
 * Source: https://www.twilio.com/docs/flex/developer/insights/enhance-integration
 */
export const finishedTaskTtlSeconds = 120;

/**
 * Twilio's limit for finding Tasks by an expression, for the whole account.
 * Source: https://www.twilio.com/en-us/changelog/taskrouter-endpoint-rate-limit-correction
 */
export const accountEvaluationsPerSecond = 3;

/**
 * One function instance's share of the account's evaluations a second, where up to `instances` run at
 * once. Each spaces its own evenly and they do not know of one another: up to three instances get
 * whole evaluations a second, so that no second ever sees more than the account's; more instances
 * keep to it on average, and what Twilio refuses with 429 is tried again.
 */
export function evaluationsPerSecond(instances: number): number {
  return instances <= accountEvaluationsPerSecond
    ? Math.floor(accountEvaluationsPerSecond / instances)
    : Math.floor((accountEvaluationsPerSecond * 1000) / instances) / 1000;
}

/** The limits of all requests together that are for no route: nobody who is wanted makes them. */
export const defaultRouteThrottle = { requestsPerSecond: 5, burst: 5 };

/**
 * How many instances of a door there may be for so many senders: one for each request that each of them
 * may make at one moment. So a flood of one leaves room for the others, unless requests take so long that
 * more of it are under way than came at one moment.
 */
export function webhookConcurrency(senders: number, burst: number): number {
  return senders * burst;
}

/** How long one invocation of the sync may take. */
export const syncTimeoutSeconds = 30;

/** How many Tasks an instance of the sync works on at once where nothing else is configured. */
export const defaultTasksInParallel = 4;

/** Requests to Twilio that one Task has under way at once: it and its reservations are read side by side. */
export const requestsPerTask = 2;

/**
 * The least and the most instances that an event source mapping takes for its maximum concurrency.
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
 */
export const minInstances = 2;

const maxInstances = 1000;

/**
 * How many instances may work on the queue at once, so that their requests to Twilio stay within
 * `concurrentRequests` in all. It has to have room for the least that there may be.
 */
export function syncConcurrency(concurrentRequests: number, tasksInParallel: number): number {
  return Math.min(
    maxInstances,
    Math.floor(concurrentRequests / (tasksInParallel * requestsPerTask)),
  );
}

/**
 * How much of an invocation is kept for requests under way and for the answer to SQS, in the unit of
 * `whole` where `second` of it are a second: eight seconds, or a third where that is less.
 */
export function deadlineReserve(total: number, second: number): number {
  return Math.min(8 * second, total / 3);
}

/** How long a Task takes where Twilio is slow: it is read, then written, each within its second. */
const slowTaskSeconds = 2;

/**
 * How many messages an instance takes at once: as many as it has done in time where each is for another
 * Task and Twilio is slow. What is not done in time it gives back, which is no try.
 */
export function batchSize(tasksInParallel: number, functionTimeoutSeconds: number): number {
  const seconds = functionTimeoutSeconds - deadlineReserve(functionTimeoutSeconds, 1);
  return Math.max(1, Math.floor((tasksInParallel * seconds) / slowTaskSeconds));
}
