import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { SQSClient } from '@aws-sdk/client-sqs';
import { parseEnvironment } from '../../shared/runtime/environment.ts';
import { readSecret } from '../../shared/runtime/secrets.ts';
import { createTaskRouterClient } from '../../shared/taskrouter/client.ts';
import { withCircuitBreaker } from './breaker/guarded-task-router.ts';
import { SyncEnvironment } from './environment.ts';
import { createSync, type Sync } from './sync.ts';
import { parseTwilioCredentials } from './twilio-credentials.ts';

/** The end of an invocation leaves about two seconds for SQS. Milliseconds. */
const sqsTimeouts = { connectionTimeout: 500, requestTimeout: 1500, throwOnRequestTimeout: true };

/**
 * Puts the sync together from the environment. The function it gives has the sync of the moment: the
 * same one, with its open connections, until the Twilio secret has another text. Where the secret
 * cannot be read any more, or its new text is of no use, the sync at hand goes on with the old one.
 * @throws Error when the environment is not usable; the function, when no secret has been yet.
 */
export const createSyncProvider = (
  variables: Readonly<Record<string, string | undefined>>,
  logger: Logger,
  metrics: Metrics,
): (() => Promise<Sync>) => {
  const environment = parseEnvironment(SyncEnvironment, variables);
  const sqs = new SQSClient({ requestHandler: sqsTimeouts });

  const runtime = { now: Date.now, random: Math.random, logger, metrics };

  /** The breaker is part of it: another key is tried at once. */
  const build = (secret: string): Sync => {
    const taskRouter = createTaskRouterClient({
      credentials: parseTwilioCredentials(environment.TWILIO_SECRET, secret),
      workspaceSid: environment.WORKSPACE_SID,
      url: environment.TASKROUTER_URL,
      evaluationsPerSecond: environment.EVALUATIONS_PER_SECOND,
      totalTimeoutMs: environment.TWILIO_TIMEOUT_MS,
    });
    return createSync({
      ...runtime,
      taskRouter: withCircuitBreaker(taskRouter, runtime),
      sqs,
      queueUrl: environment.QUEUE_URL,
      deadLetterQueueUrl: environment.DEAD_LETTER_QUEUE_URL,
      sleep,
      tasksInParallel: environment.TASKS_IN_PARALLEL,
      confirmAfterSeconds: environment.CONFIRM_AFTER_SECONDS,
    });
  };

  let current: { readonly secret: string; readonly sync: Sync } | undefined;
  return async () => {
    try {
      const secret = await readSecret(environment.TWILIO_SECRET);
      if (current?.secret !== secret) current = { secret, sync: build(secret) };
    } catch (error) {
      if (current === undefined || !(error instanceof Error)) throw error;
      logger.error('the Twilio secret is of no use, going on with the last one', error);
    }
    return current.sync;
  };
};
