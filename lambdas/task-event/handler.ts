import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { unavailable } from '../../shared/door/answer.ts';
import { queueClient } from '../../shared/door/queue-client.ts';
import { parseEnvironment } from '../../shared/runtime/environment.ts';
import { readSecret } from '../../shared/runtime/secrets.ts';
import { openSources } from '../crm-change/open-source.ts';
import { TaskEventEnvironment } from './environment.ts';
import { createPatience } from './patience.ts';
import { createReport } from './report.ts';
import { createTaskEvent, type TaskEvent } from './task-event.ts';

const logger = new Logger();
const report = createReport(logger, new Metrics());

const compose = (): TaskEvent => {
  const environment = parseEnvironment(TaskEventEnvironment, process.env);
  return createTaskEvent({
    sources: openSources(environment.SOURCES),
    accountSid: environment.ACCOUNT_SID,
    workspaceSid: environment.WORKSPACE_SID,
    authTokenSecret: environment.AUTH_TOKEN_SECRET,
    publicUrl: environment.PUBLIC_URL,
    queueUrl: environment.QUEUE_URL,
    queue: queueClient(),
    readSecret,
    now: Date.now,
    patience: createPatience(Date.now),
    pause,
    random: Math.random,
    report,
  });
};

let taskEvent: TaskEvent | undefined;

export const handler = async (
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const { requestId } = event.requestContext;
  try {
    taskEvent ??= compose();
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error('not an Error');
    const none = { events: 0, settles: 0, changes: 0 };
    report({ requestId, outcome: 'unavailable', status: 503, ...none, error: message });
    return unavailable(requestId);
  }
  return taskEvent(event);
};
