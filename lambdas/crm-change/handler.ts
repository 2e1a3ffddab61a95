import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  EventBridgeEvent,
} from 'aws-lambda';
import * as z from 'zod';
import { parseEnvironment } from '../../shared/aws/environment.ts';
import { readSecret } from '../../shared/aws/secrets.ts';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { configureSources, Sources } from '../../shared/crm/config.ts';
import { unavailableResponse } from '../../shared/http/receive.ts';
import { jsonText } from '../../shared/json.ts';
import { createPartnerEventHandler, type PartnerEventHandler } from './partner-events.ts';
import { createCrmRequestLog } from './report.ts';
import { type CrmWebhook, createCrmWebhook } from './webhook.ts';

const logger = new Logger();

const log = createCrmRequestLog(logger, new Metrics());

interface Webhooks {
  readonly crmWebhook: CrmWebhook;
  readonly partnerEventHandler: PartnerEventHandler;
}

let webhooks: Webhooks | undefined;

export async function handler(
  event: APIGatewayProxyEventV2 | EventBridgeEvent<string, unknown>,
): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
  if ('detail-type' in event) {
    webhooks ??= createWebhooks();
    await webhooks.partnerEventHandler(event);
    return undefined;
  }
  try {
    webhooks ??= createWebhooks();
  } catch (error) {
    return logAndRespond(event.requestContext.requestId, error);
  }
  return webhooks.crmWebhook(event);
}

/** What the function reads from its environment. */
export const CrmChangeEnvironment = z.object({
  SOURCES: jsonText(Sources),
  QUEUE_URL: z.url(),
});

function createWebhooks(): Webhooks {
  const { SOURCES, QUEUE_URL } = parseEnvironment(CrmChangeEnvironment, process.env);
  const options = {
    sources: configureSources(SOURCES),
    queueUrl: QUEUE_URL,
    sqs: createSqsClient(),
    readSecret,
    now: Date.now,
    sleep: pause,
    random: Math.random,
    log,
  };
  return {
    crmWebhook: createCrmWebhook(options),
    partnerEventHandler: createPartnerEventHandler(options),
  };
}

/** What a webhook is answered while the function is not configured rightly. */
function logAndRespond(requestId: string, error: unknown): APIGatewayProxyStructuredResultV2 {
  const { message } = error instanceof Error ? error : new Error('not an Error');
  log({
    requestId,
    outcome: 'unavailable',
    status: 503,
    accepted: 0,
    ignored: 0,
    error: message,
  });
  return unavailableResponse(requestId);
}
