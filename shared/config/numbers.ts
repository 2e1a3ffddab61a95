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
export const visibilityTimeoutSeconds = (functionTimeoutSeconds: number): number =>
  6 * functionTimeoutSeconds;

/**
 * How often SQS hands a message over before it moves it to the dead-letter queue by itself. The
 * consumer gives a message up after `tries` and says why, which SQS cannot; this is for messages that
 * never let it get so far (a crash, a timeout), so it is well out of the consumer's way.
 */
export const maximumReceives = (tries: number): number => Math.ceil(2.5 * tries);

/**
 * As long as SQS can hold a message back, in seconds.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-timers.html
 */
export const longestDelaySeconds = 900;

/**
 * How long Twilio keeps a finished Task at the least, in seconds; other pages of its own say five minutes.
 * Source: https://www.twilio.com/docs/flex/developer/insights/enhance-integration
 */
export const finishedTaskSeconds = 120;

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
export const evaluationsPerSecond = (instances: number): number =>
  instances <= accountEvaluationsPerSecond
    ? Math.floor(accountEvaluationsPerSecond / instances)
    : Math.floor((accountEvaluationsPerSecond * 1000) / instances) / 1000;
