import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import {
  type KeepActiveEvent,
  parseEnvironment,
  readableSources,
  reportUnreadable,
} from '../../shared/aws/function-input.ts';
import { createSecretReader } from '../../shared/aws/secrets.ts';
import { createSqsClient, webhookSqs } from '../../shared/aws/sqs.ts';
import { LinkConfig } from '../../shared/crm/link-settings.ts';
import { countInvalidIds, ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { createOnFirstRequest, type WebhookHandler } from '../../shared/http/receive.ts';
import { jsonText } from '../../shared/json.ts';
import { createTaskEventLog } from './log-request.ts';
import { createTaskEventWebhook, createWriteBackoff } from './webhook.ts';

const logger = new Logger();

const metrics = new Metrics();

const log = createTaskEventLog(logger, metrics);

const webhook = createOnFirstRequest(createWebhook, (entry) =>
  log({ ...entry, events: 0, reconciles: 0, ticketsToLink: 0 }),
);

/** Handles TaskRouter's events from API Gateway. */
export async function handler(
  event: APIGatewayProxyEventV2 | KeepActiveEvent,
): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
  return 'keepActive' in event ? undefined : webhook(event);
}

/** The environment variables of the function. */
export const TaskEventEnvironment = z.object({
  /** The sources whose tickets a Task may name. */
  SOURCES: jsonText(readableSources(LinkConfig)),
  QUEUE_URL: z.url(),
  /** The name of the secret with Twilio's Auth Token, or with a JSON array of several during a rotation. */
  AUTH_TOKEN_SECRET: z.string().min(1),
  /** The name of the secret with the secrets of Twilio's SharedKeys, if there are any. */
  SHARED_KEY_SECRET: z.string().min(1).optional(),
  /** Events of another account or Workspace are ignored. */
  ACCOUNT_SID: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  WORKSPACE_SID: z.string().regex(/^WS[0-9a-fA-F]{32}$/),
  /** The URL that Twilio calls, if API Gateway does not see this URL: behind a proxy, or with a base path. */
  PUBLIC_URL: z
    .url()
    .refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment')
    .optional(),
});

function createWebhook(): WebhookHandler {
  const environment = parseEnvironment(TaskEventEnvironment, process.env);
  const { sources } = environment.SOURCES;
  reportUnreadable(environment.SOURCES, logger, metrics);
  return createTaskEventWebhook({
    namedTickets: ticketsOnTask(sources),
    countInvalidIds: countInvalidIds(sources),
    accountSid: environment.ACCOUNT_SID,
    workspaceSid: environment.WORKSPACE_SID,
    authTokenSecret: environment.AUTH_TOKEN_SECRET,
    sharedKeySecret: environment.SHARED_KEY_SECRET,
    publicUrl: environment.PUBLIC_URL,
    queueUrlOf: () => environment.QUEUE_URL,
    sqs: createSqsClient(webhookSqs),
    readSecret: createSecretReader({ logger, metrics, now: Date.now }),
    now: Date.now,
    writeBackoff: createWriteBackoff(Date.now),
    sleep: pause,
    random: Math.random,
    log,
  });
}
