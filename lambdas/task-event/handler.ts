import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { parseEnvironment } from '../../shared/aws/environment.ts';
import { createSecretReader } from '../../shared/aws/secrets.ts';
import { createSqsClient, webhookSqs } from '../../shared/aws/sqs.ts';
import { LinkConfigs } from '../../shared/crm/link-settings.ts';
import { countInvalidIds, ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { createOnFirstRequest, type WebhookHandler } from '../../shared/http/receive.ts';
import { jsonText } from '../../shared/json.ts';
import { createTaskEventLog } from './log-request.ts';
import { createTaskEventWebhook } from './webhook.ts';
import { createWriteBackoff } from './write-backoff.ts';

const logger = new Logger();

const metrics = new Metrics();

const log = createTaskEventLog(logger, metrics);

/** Takes TaskRouter's events from API Gateway. */
export const handler = createOnFirstRequest(createWebhook, (entry) =>
  log({ ...entry, events: 0, reconciles: 0, ticketsToLink: 0 }),
);

/** What the function reads from its environment. */
export const TaskEventEnvironment = z.object({
  /** The sources whose tickets a Task may name. */
  SOURCES: jsonText(LinkConfigs),
  QUEUE_URL: z.url(),
  /** Name of the secret that holds Twilio's Auth Token, or a JSON array of several during a rotation. */
  AUTH_TOKEN_SECRET: z.string().min(1),
  /** Name of the secret that holds the secrets of Twilio's SharedKeys, if there are any. */
  SHARED_KEY_SECRET: z.string().min(1).optional(),
  /** Events of another account or Workspace are ignored. */
  ACCOUNT_SID: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  WORKSPACE_SID: z.string().regex(/^WS[0-9a-fA-F]{32}$/),
  /** The URL that Twilio calls, if API Gateway does not see it: behind a proxy, or with a base path. */
  PUBLIC_URL: z
    .url()
    .refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment')
    .optional(),
});

function createWebhook(): WebhookHandler {
  const environment = parseEnvironment(TaskEventEnvironment, process.env);
  return createTaskEventWebhook({
    namedTickets: ticketsOnTask(environment.SOURCES),
    countInvalidIds: countInvalidIds(environment.SOURCES),
    accountSid: environment.ACCOUNT_SID,
    workspaceSid: environment.WORKSPACE_SID,
    authTokenSecret: environment.AUTH_TOKEN_SECRET,
    sharedKeySecret: environment.SHARED_KEY_SECRET,
    publicUrl: environment.PUBLIC_URL,
    queueUrl: environment.QUEUE_URL,
    sqs: createSqsClient(webhookSqs),
    readSecret: createSecretReader({ logger, metrics, now: Date.now }),
    now: Date.now,
    writeBackoff: createWriteBackoff(Date.now),
    sleep: pause,
    random: Math.random,
    log,
  });
}
