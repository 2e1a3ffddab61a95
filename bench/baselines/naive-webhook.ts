import { createHmac, timingSafeEqual } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { SQS } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { variable, workspace } from './client.ts';

/**
 * A Zendesk webhook that a developer writes in an afternoon. It uses the full clients of the AWS SDK and of Twilio,
 * Powertools, and a schema that is built in each request. It checks the signature and sends one message.
 */
export async function handler(
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  const body = event.body ?? '';
  secret ??= (await secrets.getSecretValue({ SecretId: variable('ZENDESK_SECRET') })).SecretString;
  const timestamp = event.headers['x-zendesk-webhook-signature-timestamp'] ?? '';
  const expected = createHmac('sha256', secret ?? '')
    .update(timestamp + body)
    .digest();
  const given = Buffer.from(event.headers['x-zendesk-webhook-signature'] ?? '', 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    logger.warn('wrong signature');
    return { statusCode: 401 };
  }
  const ZendeskEvent = z.object({
    time: z.string(),
    type: z.string(),
    detail: z.object({
      id: z.string(),
      status: z.string(),
      external_id: z.string().nullable(),
      updated_at: z.string(),
    }),
  });
  const { detail, time, type } = ZendeskEvent.parse(JSON.parse(body));
  const externalId = detail.external_id ?? '';
  const found = externalId.startsWith('CA')
    ? await flex.tasks.list({ evaluateTaskAttributes: `call_sid == "${externalId}"`, limit: 1 })
    : [{ sid: externalId }];
  const change = {
    ticket: `zendesk/${detail.id}`,
    version: String(Date.parse(time)),
    link: { type: 'Referenced', url: `https://acme.zendesk.com/agent/tickets/${detail.id}` },
    correlation: { taskSid: found[0]?.sid },
  };
  await sqs.sendMessage({
    QueueUrl: variable('QUEUE_URL'),
    MessageBody: JSON.stringify({ change }),
  });
  logger.info('accepted', { ticket: change.ticket, type });
  metrics.addMetric('Accepted', MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
  return { statusCode: 202, body: JSON.stringify({ accepted: 1 }) };
}

const logger = new Logger();

const metrics = new Metrics();

const sqs = new SQS({});

const secrets = new SecretsManager({});

const flex = workspace();

let secret: string | undefined;
