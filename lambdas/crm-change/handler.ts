import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SQSClient } from '@aws-sdk/client-sqs';
import { parseEnvironment } from '../../shared/runtime/environment.ts';
import { readSecret } from '../../shared/runtime/secrets.ts';
import { unavailable } from './answer.ts';
import { type CrmChange, createCrmChange } from './crm-change.ts';
import { CrmChangeEnvironment } from './environment.ts';
import { createReport } from './report.ts';

const report = createReport(new Logger(), new Metrics());

/** Zendesk waits 12 seconds for an answer, HubSpot 5: a slow call to SQS is given up before that. */
const requestHandler = {
  connectionTimeout: 1000,
  requestTimeout: 2000,
  throwOnRequestTimeout: true,
};

const compose = (): CrmChange => {
  const { SOURCES, QUEUE_URL } = parseEnvironment(CrmChangeEnvironment, process.env);
  return createCrmChange({
    sources: SOURCES,
    queueUrl: QUEUE_URL,
    queue: new SQSClient({ maxAttempts: 2, requestHandler }),
    readSecret,
    now: Date.now,
    pause,
    random: Math.random,
    report,
  });
};

let crmChange: CrmChange | undefined;

export const handler: CrmChange = async (event) => {
  try {
    crmChange ??= compose();
  } catch (error) {
    const { requestId } = event.requestContext;
    const { message } = error instanceof Error ? error : new Error('not an Error');
    report({
      requestId,
      outcome: 'unavailable',
      status: 503,
      accepted: 0,
      ignored: 0,
      error: message,
    });
    return unavailable(requestId);
  }
  return crmChange(event);
};
