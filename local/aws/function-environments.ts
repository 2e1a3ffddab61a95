import { evaluationsPerSecond } from '../../shared/config/numbers.ts';
import type { WorldSource } from '../world-sources.ts';

/** Names of the secrets that the functions read. */
export const secretNames = {
  twilio: 'twilio',
  authToken: 'twilio-auth-token',
  source: (name: string) => `source-${name}`,
};

interface Endpoints {
  readonly sqs: string;
  readonly secretsManager: string;
  readonly queueUrl: string;
}

const common = (service: string, { sqs, secretsManager, queueUrl }: Endpoints) => ({
  POWERTOOLS_SERVICE_NAME: service,
  POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
  AWS_ENDPOINT_URL_SQS: sqs,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
  QUEUE_URL: queueUrl,
});

const printSources = (sources: readonly WorldSource[]): string =>
  JSON.stringify(
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

/** The environment of crm-change. */
export const crmChangeEnvironment = (
  endpoints: Endpoints,
  sources: readonly WorldSource[],
): Record<string, string> => ({
  ...common('crm-change', endpoints),
  SOURCES: printSources(sources),
});

/** The environment of task-event. */
export const taskEventEnvironment = (
  endpoints: Endpoints,
  sources: readonly WorldSource[],
  account: { readonly accountSid: string; readonly workspaceSid: string },
): Record<string, string> => ({
  ...common('task-event', endpoints),
  SOURCES: printSources(sources),
  AUTH_TOKEN_SECRET: secretNames.authToken,
  ACCOUNT_SID: account.accountSid,
  WORKSPACE_SID: account.workspaceSid,
});

/** The environment of sync, where up to `concurrency` of it run at once. */
export const syncEnvironment = (
  endpoints: Endpoints,
  options: {
    readonly deadLetterQueueUrl: string;
    readonly taskrouter: string;
    readonly workspaceSid: string;
    readonly concurrency: number;
  },
): Record<string, string> => ({
  ...common('sync', endpoints),
  DEAD_LETTER_QUEUE_URL: options.deadLetterQueueUrl,
  TWILIO_SECRET: secretNames.twilio,
  WORKSPACE_SID: options.workspaceSid,
  TASKROUTER_URL: options.taskrouter,
  EVALUATIONS_PER_SECOND: String(evaluationsPerSecond(options.concurrency)),
});
