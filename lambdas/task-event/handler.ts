import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { parseEnvironment } from '../../shared/aws/environment.ts';
import { readSecret } from '../../shared/aws/secrets.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { configureSources, Sources } from '../../shared/crm/config.ts';
import { unavailableResponse } from '../../shared/http/receive.ts';
import { jsonText } from '../../shared/json.ts';
import { createTaskEventLog } from './report.ts';
import { createTaskEventWebhook, createWriteBackoff, type TaskEventWebhook } from './webhook.ts';

const logger = new Logger();

const log = createTaskEventLog(logger, new Metrics());

let webhook: TaskEventWebhook | undefined;

export async function handler(
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { requestId } = event.requestContext;
  try {
    webhook ??= createWebhook();
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error('not an Error');
    const none = { events: 0, reconciles: 0, changes: 0 };
    log({ requestId, outcome: 'unavailable', status: 503, ...none, error: message });
    return unavailableResponse(requestId);
  }
  return webhook(event);
}

/** What the function reads from its environment. */
export const TaskEventEnvironment = z.object({
  /** The sources whose tickets a Task may name. */
  SOURCES: jsonText(Sources),
  QUEUE_URL: z.url(),
  /** Name of the secret that holds Twilio's Auth Token, or a JSON array of such while one is rotated. */
  AUTH_TOKEN_SECRET: z.string().min(1),
  /** Events of another account or Workspace are not ours. */
  ACCOUNT_SID: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  WORKSPACE_SID: z.string().regex(/^WS[0-9a-fA-F]{32}$/),
  /** Where Twilio sends events to, where API Gateway cannot tell: behind a proxy, or a base path. */
  PUBLIC_URL: z
    .url()
    .refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment')
    .optional(),
});

function createWebhook(): TaskEventWebhook {
  const environment = parseEnvironment(TaskEventEnvironment, process.env);
  return createTaskEventWebhook({
    sources: configureSources(environment.SOURCES),
    accountSid: environment.ACCOUNT_SID,
    workspaceSid: environment.WORKSPACE_SID,
    authTokenSecret: environment.AUTH_TOKEN_SECRET,
    publicUrl: environment.PUBLIC_URL,
    queueUrl: environment.QUEUE_URL,
    sqs: createSqsClient(),
    readSecret,
    now: Date.now,
    writeBackoff: createWriteBackoff(Date.now),
    sleep: pause,
    random: Math.random,
    log,
  });
}
