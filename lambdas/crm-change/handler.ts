import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  EventBridgeEvent,
} from 'aws-lambda';
import { unavailable } from '../../shared/door/answer.ts';
import { queueClient } from '../../shared/door/queue-client.ts';
import { parseEnvironment } from '../../shared/runtime/environment.ts';
import { readSecret } from '../../shared/runtime/secrets.ts';
import { type CrmChange, createCrmChange } from './crm-change.ts';
import { CrmChangeEnvironment } from './environment.ts';
import { openSources } from './open-source.ts';
import { createPartnerEvents, type PartnerEvents } from './partner-events.ts';
import { createReport } from './report.ts';

const logger = new Logger();
const report = createReport(logger, new Metrics());

interface Doors {
  readonly crmChange: CrmChange;
  readonly partnerEvents: PartnerEvents;
}

const compose = (): Doors => {
  const { SOURCES, QUEUE_URL } = parseEnvironment(CrmChangeEnvironment, process.env);
  const options = {
    sources: openSources(SOURCES),
    queueUrl: QUEUE_URL,
    queue: queueClient(),
    readSecret,
    now: Date.now,
    pause,
    random: Math.random,
    report,
  };
  return { crmChange: createCrmChange(options), partnerEvents: createPartnerEvents(options) };
};

let doors: Doors | undefined;

/** What a webhook is answered while the function is not configured rightly. */
const closed = (requestId: string, error: unknown): APIGatewayProxyStructuredResultV2 => {
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
};

export const handler = async (
  event: APIGatewayProxyEventV2 | EventBridgeEvent<string, unknown>,
): Promise<APIGatewayProxyStructuredResultV2 | undefined> => {
  if ('detail-type' in event) {
    doors ??= compose();
    await doors.partnerEvents(event);
    return undefined;
  }
  try {
    doors ??= compose();
  } catch (error) {
    return closed(event.requestContext.requestId, error);
  }
  return doors.crmChange(event);
};
