import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  EventBridgeEvent,
} from 'aws-lambda';
import * as z from 'zod';
import {
  type KeepActiveEvent,
  parseEnvironment,
  readableSources,
  reportUnreadable,
} from '../../shared/aws/function-input.ts';
import { createSecretReader } from '../../shared/aws/secrets.ts';
import { createSqsClient, webhookSqs } from '../../shared/aws/sqs.ts';
import { configureSources, SourceConfig } from '../../shared/crm/config.ts';
import { createOnFirstRequest } from '../../shared/http/receive.ts';
import { jsonText } from '../../shared/json.ts';
import { queueOf } from '../../shared/messages/queue-of.ts';
import { createCrmRequestLog } from './log-request.ts';
import { handlePartnerEvent } from './partner-events.ts';
import { type CrmWebhookOptions, createCrmWebhook } from './webhook.ts';

const logger = new Logger();

const metrics = new Metrics();

const log = createCrmRequestLog(logger, metrics);

const webhook = createOnFirstRequest(
  () => createCrmWebhook(crmChangeOptions()),
  (entry) => log({ ...entry, accepted: 0, ignored: 0 }),
);

/** Handles webhooks of CRMs from API Gateway, and partner events from EventBridge. */
export async function handler(
  event: APIGatewayProxyEventV2 | EventBridgeEvent<string, unknown> | KeepActiveEvent,
): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
  if ('keepActive' in event) return undefined;
  if ('requestContext' in event) return webhook(event);
  await handlePartnerEvent(event, crmChangeOptions());
  return undefined;
}

/** The environment variables of the function. */
export const CrmChangeEnvironment = z.object({
  SOURCES: jsonText(readableSources(SourceConfig)),
  QUEUE_URL: z.url(),
  /** The name of the queue of changes that need a search. It is in the account and region of the other queue. */
  LOOKUP_QUEUE: z.string().min(1),
});

let options: CrmWebhookOptions | undefined;

function crmChangeOptions(): CrmWebhookOptions {
  if (options !== undefined) return options;
  const { SOURCES, QUEUE_URL, LOOKUP_QUEUE } = parseEnvironment(CrmChangeEnvironment, process.env);
  reportUnreadable(SOURCES, logger, metrics);
  const queueUrls = { changes: QUEUE_URL, lookups: new URL(LOOKUP_QUEUE, QUEUE_URL).href };
  options = {
    sources: configureSources(SOURCES.sources),
    unreadable: SOURCES.unreadable,
    queueUrlOf: (message) => queueUrls[queueOf(message)],
    sqs: createSqsClient(webhookSqs),
    readSecret: createSecretReader({ logger, metrics, now: Date.now }),
    now: Date.now,
    sleep: pause,
    random: Math.random,
    log,
  };
  return options;
}
