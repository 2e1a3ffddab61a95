import type { QueueName } from '../../shared/config/limits.ts';
import type { LocalSource } from '../sources.ts';

/** Names of the secrets that the functions read. */
export const secretNames = {
  twilio: 'twilio',
  authToken: 'twilio-auth-token',
  source: (name: string) => `source-${name}`,
};

interface Endpoints {
  sqs: string;
  secretsManager: string;
  queueUrls: Readonly<Record<QueueName, string>>;
}

/** The environment of crm-change. */
export function crmChangeEnvironment(
  endpoints: Endpoints,
  sources: readonly LocalSource[],
): Record<string, string> {
  return {
    ...commonVariables('crm-change', endpoints),
    LOOKUP_QUEUE: endpoints.queueUrls.lookups,
    SOURCES: serializeSources(sources),
  };
}

/** The environment of task-event. */
export function taskEventEnvironment(
  endpoints: Endpoints,
  sources: readonly LocalSource[],
  account: { accountSid: string; workspaceSid: string },
): Record<string, string> {
  return {
    ...commonVariables('task-event', endpoints),
    SOURCES: serializeSources(sources),
    AUTH_TOKEN_SECRET: secretNames.authToken,
    ACCOUNT_SID: account.accountSid,
    WORKSPACE_SID: account.workspaceSid,
  };
}

/** The environment of sync. */
export function syncEnvironment(
  endpoints: Endpoints,
  sources: readonly LocalSource[],
  options: {
    deadLetterQueueUrl: string;
    taskrouter: string;
    workspaceSid: string;
    evaluationsPerSecond: number;
  },
): Record<string, string> {
  return {
    ...commonVariables('sync', endpoints),
    SOURCES: serializeSources(sources),
    LOOKUP_QUEUE: endpoints.queueUrls.lookups,
    DEAD_LETTER_QUEUE: options.deadLetterQueueUrl,
    TWILIO_SECRET: secretNames.twilio,
    WORKSPACE_SID: options.workspaceSid,
    TASKROUTER_URL: options.taskrouter,
    EVALUATIONS_PER_SECOND: String(options.evaluationsPerSecond),
  };
}

function commonVariables(service: string, { sqs, secretsManager, queueUrls }: Endpoints) {
  return {
    POWERTOOLS_SERVICE_NAME: service,
    POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    QUEUE_URL: queueUrls.changes,
  };
}

function serializeSources(sources: readonly LocalSource[]): string {
  return JSON.stringify(
    Object.fromEntries(
      sources.map(({ name, kind, transport, crm }) => [
        name,
        {
          kind,
          ...crm.settings,
          ...(transport === 'http' && { secret: secretNames.source(name) }),
        },
      ]),
    ),
  );
}
