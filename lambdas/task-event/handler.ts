import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { unavailableResponse } from '../../shared/door/answer.ts';
import { createSqsClient } from '../../shared/door/queue-client.ts';
import { parseEnvironment } from '../../shared/runtime/environment.ts';
import { readSecret } from '../../shared/runtime/secrets.ts';
import { configureSources } from '../crm-change/open-source.ts';
import { TaskEventEnvironment } from './environment.ts';
import { createWriteBackoff } from './patience.ts';
import { createTaskEventLog } from './report.ts';
import { createTaskEventWebhook, type TaskEventWebhook } from './task-event.ts';

const logger = new Logger();
const log = createTaskEventLog(logger, new Metrics());

const createWebhook = (): TaskEventWebhook => {
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
};

let webhook: TaskEventWebhook | undefined;

export const handler = async (
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> => {
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
};
