import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { parseEnvironment } from '../../shared/aws/function-input.ts';
import { createSecretReader } from '../../shared/aws/secrets.ts';
import { createSqsClient, syncSqs } from '../../shared/aws/sqs.ts';
import {
  defaultConcurrentRequests,
  instanceEvaluationsPerSecond,
  maxDelaySeconds,
  minConcurrentRequests,
  requestsInParallel,
} from '../../shared/config/limits.ts';
import { LinkConfigs } from '../../shared/crm/link-settings.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { jsonText } from '../../shared/json.ts';
import { withCircuitBreaker } from '../../shared/taskrouter/circuit-breaker.ts';
import { createTaskRouterClient, parseTwilioCredentials } from '../../shared/taskrouter/client.ts';
import { logCircuit } from './log-outcomes.ts';
import { createSync, type Sync } from './sync.ts';

const logger = new Logger();

const metrics = new Metrics();

let getSync: (() => Promise<Sync>) | undefined;

/** The Lambda function. If initialisation throws, the whole batch fails and SQS delivers it again. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  logger.addContext(context);
  getSync ??= createSyncProvider(process.env, logger, metrics);
  const sync = await getSync();
  return sync(event, context);
}

/**
 * Builds the sync from the environment variables.
 * @returns a function that gives the current sync. It is the same one, with its open connections, until the Twilio
 * secret changes. If the secret cannot be read any more, or its new value is not valid, the last sync stays. It throws
 * an Error if there was no valid secret yet.
 * @throws Error if the environment is not valid
 */
export function createSyncProvider(
  variables: Readonly<Record<string, string | undefined>>,
  logger: Logger,
  metrics: Metrics,
): () => Promise<Sync> {
  const environment = parseEnvironment(SyncEnvironment, variables);
  const { QUEUE_URL } = environment;
  const siblingUrl = (queue: string): string => new URL(queue, QUEUE_URL).href;
  const sqs = createSqsClient(syncSqs);

  const runtime = { now: Date.now, random: Math.random, logger, metrics };
  const readSecret = createSecretReader(runtime);

  // Each key has its own circuit breaker, so a new key is tried at once.
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
      taskRouter: withCircuitBreaker(taskRouter, {
        now: runtime.now,
        random: runtime.random,
        onStateChange: logCircuit(runtime),
      }),
      sqs,
      queueUrls: { changes: QUEUE_URL, lookups: siblingUrl(environment.LOOKUP_QUEUE) },
      deadLetterQueueUrl: siblingUrl(environment.DEAD_LETTER_QUEUE),
      sleep,
      namedTickets: ticketsOnTask(environment.SOURCES),
      requestsInParallel: (queue) => requestsInParallel(queue, environment.CONCURRENT_REQUESTS),
      searchIntervalMs: 1000 / environment.EVALUATIONS_PER_SECOND,
      confirmAfterSeconds: environment.CONFIRM_AFTER_SECONDS,
      taskEvents: environment.TASK_EVENTS,
    });
  };

  let current: { secret: string; sync: Sync } | undefined;
  return async () => {
    try {
      const secret = await readSecret(environment.TWILIO_SECRET);
      if (current?.secret !== secret) current = { secret, sync: build(secret) };
    } catch (error) {
      if (current === undefined || !(error instanceof Error)) throw error;
      logger.error('secret refresh failed, using cached credentials', error);
    }
    return current.sync;
  };
}

/** The environment variables of the sync function. */
export const SyncEnvironment = z.object({
  /**
   * The sources whose tickets a Task may name. If one were missing, sync would remove its tickets from the Tasks.
   */
  SOURCES: jsonText(LinkConfigs),
  QUEUE_URL: z.url(),
  /** The names of queues in the same account and region. The environment has no room for their URLs. */
  LOOKUP_QUEUE: z.string().min(1),
  DEAD_LETTER_QUEUE: z.string().min(1),
  /** Name of the secret that holds `TwilioCredentials` as JSON. */
  TWILIO_SECRET: z.string().min(1),
  WORKSPACE_SID: z.string().regex(/^WS[0-9a-fA-F]{32}$/),
  TASKROUTER_URL: z.url().default('https://taskrouter.twilio.com'),
  /** The share of this function instance in the account's evaluations per second. */
  EVALUATIONS_PER_SECOND: z.coerce
    .number()
    .positive()
    .max(1000)
    .default(instanceEvaluationsPerSecond),
  /** When each write is confirmed, in seconds after it, e.g. `20,90`. Empty or 0: never. */
  CONFIRM_AFTER_SECONDS: z
    .string()
    .default('20,90')
    .transform((text) =>
      text.split(',').flatMap((part) => (part.trim() === '' ? [] : Number(part))),
    )
    .pipe(z.array(z.int().min(0).max(maxDelaySeconds)))
    .transform((delays) => delays.filter((delay) => delay > 0).sort((one, other) => one - other)),
  /** Whether TaskRouter's events arrive. */
  TASK_EVENTS: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true'),
  /**
   * How long one request to Twilio may take, in milliseconds. It must be less than the reserve before the deadline.
   */
  TWILIO_TIMEOUT_MS: z.coerce.number().int().min(100).max(5000).default(5000),
  /** How many requests to Twilio all invocations together may make at once. */
  CONCURRENT_REQUESTS: z.coerce
    .number()
    .int()
    .min(minConcurrentRequests)
    .default(defaultConcurrentRequests),
});
