import { all, getProject, getStack, interpolate, runtime } from '@pulumi/pulumi';
import { evaluationsPerSecond } from '../shared/config/numbers.ts';
import { usualTries } from '../shared/config/retry.ts';
import { functionEntries } from './bundle/function-entries.ts';
import { Alarms } from './components/alarms.ts';
import { EventDeadLetters } from './components/event-dead-letters.ts';
import { EventDelivery } from './components/event-delivery.ts';
import { NodeFunction } from './components/node-function.ts';
import { PartnerEvents } from './components/partner-events.ts';
import { QueueWorker } from './components/queue-worker.ts';
import { RedrivableQueue } from './components/redrivable-queue.ts';
import { StoredSecret } from './components/stored-secret.ts';
import { WebhookApi } from './components/webhook-api.ts';
import {
  describeSources,
  partnerSources,
  sourcesWithSecrets,
  webhookPaths,
} from './config/sources.ts';
import { parseStackConfig } from './config/stack-config.ts';
import { mayConsume, mayRead, maySend } from './policies/permissions.ts';

const {
  sources: stackSources,
  twilio,
  sync,
  logs,
  alarms: alarmSettings,
} = parseStackConfig(getProject(), runtime.allConfig());
const named = (part: string): string => `${getProject()}-${getStack()}-${part}`;
/** `arn:aws:sqs:eu-west-1:…` */
const regionOf = (arn: string): string => arn.split(':')[3] ?? '';
const syncTimeoutSeconds = 30;
const taskEventsPath = '/twilio/task-events';

// The queue of ticket changes and settles, and where those go that cannot be applied.
const changes = new RedrivableQueue(named('changes'), {
  consumerTimeoutSeconds: syncTimeoutSeconds,
  consumerTries: usualTries,
});

// What the CRMs and Twilio sign with, and how we call Twilio.
const signingSecrets = Object.entries(stackSources)
  .filter(([, { signingSecrets }]) => signingSecrets.length > 0)
  .map(([source, { signingSecrets }]) => ({
    source,
    stored: new StoredSecret(named(`source-${source}`), {
      description: `Signing secrets of the webhooks of ${source}`,
      value: JSON.stringify(signingSecrets),
    }),
  }));
const twilioCredentials = new StoredSecret(named('twilio'), {
  description: 'Twilio API key that reads and updates Tasks',
  value: JSON.stringify({
    accountSid: twilio.accountSid,
    apiKey: twilio.apiKey,
    apiSecret: twilio.apiSecret,
  }),
});
const authToken = new StoredSecret(named('twilio-auth-token'), {
  description: 'Auth Tokens that Twilio signs its events with',
  value: JSON.stringify(twilio.authToken),
});

// CRMs that come by EventBridge, and where their events go that cannot be taken in.
const partnerEvents = partnerSources(stackSources).map(({ source, ...of }) => ({
  source,
  events: new PartnerEvents(named(`${source}-events`), { source, ...of }),
}));
const eventDeadLetters = new EventDeadLetters(named('events'), {
  rules: partnerEvents.map(({ events }) => events.ruleArn),
});

// Takes a webhook or an event in and puts it on the queue.
const sourcesText = all(
  Object.fromEntries(signingSecrets.map(({ source, stored }) => [source, stored.name])),
).apply((names) => JSON.stringify(sourcesWithSecrets(stackSources, names)));
const crmChange = new NodeFunction(named('crm-change'), {
  entry: functionEntries.crmChange,
  service: 'crm-change',
  description: 'Checks the webhooks of the CRMs and queues the ticket changes',
  permissions: [maySend(changes.arn), ...signingSecrets.map(({ stored }) => mayRead(stored.arn))],
  environment: {
    SOURCES: sourcesText,
    QUEUE_URL: changes.url,
  },
  timeoutSeconds: 10,
  memoryMegabytes: 512,
  logRetentionDays: logs.retentionDays,
  deadLetterArn: eventDeadLetters.arn,
});
for (const { source, events } of partnerEvents) {
  new EventDelivery(named(`${source}-delivery`), {
    events,
    handler: crmChange,
    deadLetters: eventDeadLetters,
  });
}

// Takes the events of TaskRouter and queues what they make necessary.
const taskEvent = new NodeFunction(named('task-event'), {
  entry: functionEntries.taskEvent,
  service: 'task-event',
  description: 'Checks the events of TaskRouter and queues the Tasks to be settled',
  permissions: [maySend(changes.arn), mayRead(authToken.arn)],
  environment: {
    SOURCES: sourcesText,
    QUEUE_URL: changes.url,
    AUTH_TOKEN_SECRET: authToken.name,
    ACCOUNT_SID: twilio.accountSid,
    WORKSPACE_SID: twilio.workspaceSid,
    ...(twilio.taskEventsUrl !== undefined && { PUBLIC_URL: twilio.taskEventsUrl }),
  },
  timeoutSeconds: 10,
  memoryMegabytes: 512,
  logRetentionDays: logs.retentionDays,
});
const webhookApi = new WebhookApi(named('webhooks'), {
  handler: crmChange,
  routes: { [taskEventsPath]: taskEvent },
});

// Takes changes from the queue and puts the tickets on their Tasks.
const syncFunction = new NodeFunction(named('sync'), {
  entry: functionEntries.sync,
  service: 'sync',
  description: 'Links tickets to the segments of their Tasks',
  permissions: [
    mayConsume(changes.arn),
    maySend(changes.arn),
    maySend(changes.deadLetterArn),
    mayRead(twilioCredentials.arn),
  ],
  environment: {
    QUEUE_URL: changes.url,
    DEAD_LETTER_QUEUE_URL: changes.deadLetterUrl,
    TWILIO_SECRET: twilioCredentials.name,
    WORKSPACE_SID: twilio.workspaceSid,
    TASKROUTER_URL: twilio.taskRouterUrl,
    EVALUATIONS_PER_SECOND: String(evaluationsPerSecond(sync.maximumConcurrency)),
    TASKS_IN_PARALLEL: String(sync.tasksInParallel),
    CONFIRM_AFTER_SECONDS: sync.confirmAfterSeconds.join() || '0',
  },
  timeoutSeconds: syncTimeoutSeconds,
  memoryMegabytes: 512,
  logRetentionDays: logs.retentionDays,
  reservedConcurrency: sync.reservedConcurrency,
});
new QueueWorker(named('sync-worker'), {
  queue: changes,
  worker: syncFunction,
  batchSize: 50,
  batchWindowSeconds: 1,
  maximumConcurrency: sync.maximumConcurrency,
});

// What tells a person when something is amiss.
const alarms = new Alarms(named('alarms'), {
  changes,
  eventDeadLetters,
  crmChange,
  taskEvent,
  sync: syncFunction,
  ...alarmSettings,
});

/** Where each CRM sends its webhooks; some have their secret in the path, which is left out here. */
export const webhooks = Object.fromEntries(
  webhookPaths(stackSources).map(([source, path]) => [
    source,
    interpolate`${webhookApi.url}/webhooks/${path}`,
  ]),
);
/** Where Twilio sends the events of TaskRouter. */
export const taskEventsUrl =
  twilio.taskEventsUrl ?? interpolate`${webhookApi.url}${taskEventsPath}`;
export const { workspaceSid, taskRouterUrl } = twilio;
export const sources = describeSources(stackSources);
export const queueUrl = changes.url;
export const deadLetterQueueUrl = changes.deadLetterUrl;
export const eventDeadLetterQueueUrl = eventDeadLetters.url;
export const alarmTopicArn = alarms.topicArn;
export const alarmNamePrefix = named('alarms-');
export const functions = {
  crmChange: crmChange.name,
  taskEvent: taskEvent.name,
  sync: syncFunction.name,
};
export const syncLogGroup = syncFunction.logGroup;
export const region = changes.arn.apply(regionOf);
/** Names of the secrets, never what they hold. */
export const secrets = {
  twilio: twilioCredentials.name,
  authToken: authToken.name,
  sources: Object.fromEntries(signingSecrets.map(({ source, stored }) => [source, stored.name])),
};
