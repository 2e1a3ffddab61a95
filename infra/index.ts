import { all, getProject, getStack, interpolate, runtime } from '@pulumi/pulumi';
import {
  batchSize,
  defaultRouteThrottle,
  syncConcurrency,
  syncTimeoutSeconds,
  webhookConcurrency,
} from '../shared/config/limits.ts';
import { parseArn } from './arn.ts';
import { AccessLog } from './components/access-log.ts';
import { Alarms } from './components/alarms.ts';
import { Dashboard } from './components/dashboard.ts';
import { EncryptionKey } from './components/encryption-key.ts';
import { EventDeadLetterQueue } from './components/event-dead-letter-queue.ts';
import { EventDelivery } from './components/event-delivery.ts';
import { PartnerEventBus } from './components/partner-event-bus.ts';
import { QueueWorker } from './components/queue-worker.ts';
import { RedrivableQueue } from './components/redrivable-queue.ts';
import { Secrets } from './components/secrets.ts';
import { WebhookApi } from './components/webhook-api.ts';
import { linkConfigs, partnerSources, webhookSources, withSecretNames } from './config/sources.ts';
import { parseStackConfig, secretConfigKeys } from './config/stack-config.ts';
import { crmChangeFunction, syncFunction, taskEventFunction } from './functions.ts';
import { tagAllResources } from './tags.ts';

const config = parseStackConfig(getProject(), runtime.allConfig(), secretConfigKeys(), getStack());

const { limits, twilio } = config;

const prefix = `${getProject()}-${getStack()}`;

const instances = syncConcurrency(limits.twilioConcurrentRequests, config.sync.tasksInParallel);

tagAllResources({ application: getProject(), stack: getStack() }, config.tags);

// The key that encrypts everything at rest.
const key = new EncryptionKey(resourceName('key'), {
  ...config.key,
  use: 'data',
  prefix,
  keep: config.keep.length > 0,
});

// The key of alarms alone: they must arrive if the other one is disabled.
const alarmKey = new EncryptionKey(resourceName('alarms-key'), {
  ...config.key,
  arn: config.key.alarmsArn,
  use: 'alarms',
  prefix,
  keep: false,
});

// Signing secrets, the Twilio API key and the Auth Token.
const storedSecrets = new Secrets(prefix, { key, sources: config.sources, twilio });

// The queue of ticket changes and reconcile messages, and its dead-letter queue.
const changes = new RedrivableQueue(resourceName('changes'), {
  key,
  consumerTimeoutSeconds: syncTimeoutSeconds,
  keepDeadLetters: config.keep.includes('deadLetters'),
});

// The event buses of CRMs that send by EventBridge, and the queue for events that cannot be processed.
const partnerEvents = partnerSources(config.sources).map(({ source, ...of }) => ({
  source,
  events: new PartnerEventBus(resourceName(`${source}-events`), { source, ...of }),
}));

const eventDeadLetters = new EventDeadLetterQueue(resourceName('events'), {
  key,
  rules: partnerEvents.map(({ events }) => events.ruleArn),
  keep: config.keep.includes('deadLetters'),
});

// The functions: two receive and send to the queue, one consumes it.
const common = {
  key,
  logRetentionDays: config.logs.retentionDays,
  keepLogs: config.keep.includes('logs'),
  metricsNamespace: `${getProject()}/${getStack()}`,
  vpc: config.vpc,
};

export const sources = linkConfigs(config.sources);

const sourcesJson = all(
  Object.fromEntries(
    Object.entries(storedSecrets.signing).map(([source, { name }]) => [source, name]),
  ),
).apply((names) => JSON.stringify(withSecretNames(config.sources, names)));

const crmChange = crmChangeFunction(resourceName('crm-change'), {
  common,
  sources: sourcesJson,
  signingSecrets: Object.values(storedSecrets.signing),
  changes,
  eventDeadLetters,
  reservedConcurrency: reserved(
    webhookConcurrency(Object.keys(config.sources).length, limits.burst) +
      defaultRouteThrottle.burst,
  ),
});

const taskEvent = taskEventFunction(resourceName('task-event'), {
  common,
  sources,
  twilio,
  authToken: storedSecrets.authToken,
  sharedKey: storedSecrets.sharedKey,
  changes,
  reservedConcurrency: reserved(webhookConcurrency(1, limits.burst)),
});

const sync = syncFunction(resourceName('sync'), {
  common,
  sources,
  twilio,
  credentials: storedSecrets.twilio,
  changes,
  settings: config.sync,
  timeoutSeconds: syncTimeoutSeconds,
  instances,
  reservedConcurrency: reserved(instances),
});

// Their triggers: the public API, the event buses, the queue.
const webhookRoutes = webhookSources(config.sources);

const taskEventsPath = '/twilio/task-events';

const accessLog = new AccessLog(resourceName('access-log'), common);

const api = new WebhookApi(resourceName('webhooks'), {
  handler: crmChange,
  routes: [
    ...webhookRoutes.map(({ path }) => ({ path, handler: crmChange })),
    { path: taskEventsPath, handler: taskEvent },
  ],
  limits,
  defaultLimits: defaultRouteThrottle,
  accessLog,
  domain: config.domain,
});

for (const { source, events } of partnerEvents) {
  new EventDelivery(resourceName(`${source}-delivery`), {
    events,
    handler: crmChange,
    deadLetterQueue: eventDeadLetters,
  });
}

new QueueWorker(resourceName('sync-worker'), {
  queue: changes,
  worker: sync,
  batchSize: batchSize(config.sync.tasksInParallel, syncTimeoutSeconds),
  batchWindowSeconds: 1,
  maximumConcurrency: instances,
});

// Alarms and dashboard.
const monitored = {
  changes,
  eventDeadLetters,
  crmChange,
  taskEvent,
  sync,
  api,
  accessLog,
  metricsNamespace: common.metricsNamespace,
  runbookUrl: config.alarms.runbookUrl,
};

const alarms = new Alarms(resourceName('alarms'), {
  ...monitored,
  key: alarmKey,
  webhookSources: webhookRoutes.map(({ source }) => source),
  email: config.alarms.email,
});

const dashboard = new Dashboard(resourceName('dashboard'), {
  ...monitored,
  alarms,
  sources: Object.keys(config.sources),
});

/** The URL of each webhook. If its path holds the signing secret, a placeholder stands for it. */
export const webhooks = Object.fromEntries(
  webhookRoutes.map(({ source, path }) => [
    source,
    interpolate`${api.url}${path.replace('{token}', '<signing secret>')}`,
  ]),
);

/** The URL to which Twilio sends the events of TaskRouter. */
export const taskEventsUrl = twilio.taskEventsUrl ?? interpolate`${api.url}${taskEventsPath}`;

/** The host name that DNS of the custom domain must point to. */
export const domain =
  config.domain && api.domainTarget ? { [config.domain.name]: api.domainTarget } : {};

export const { workspaceSid, taskRouterUrl } = twilio;

export const queueUrl = changes.url;

export const deadLetterQueueUrl = changes.deadLetterUrl;

export const eventDeadLetterQueueUrl = eventDeadLetters.url;

export const keyArn = key.arn;

/** The rule of each source that sends by EventBridge. */
export const eventRules = Object.fromEntries(
  partnerEvents.map(({ source, events: { busName, ruleName } }) => [
    source,
    { bus: busName, rule: ruleName },
  ]),
);

export const dashboardUrl = dashboard.url;

export const alarmTopicArn = alarms.topicArn;

export const alarmNamePrefix = resourceName('alarms-');

export const functions = {
  crmChange: crmChange.name,
  taskEvent: taskEvent.name,
  sync: sync.name,
};

/** SHA-256 of each function's code. */
export const bundles = {
  crmChange: crmChange.bundleHash,
  taskEvent: taskEvent.bundleHash,
  sync: sync.bundleHash,
};

export const syncLogGroup = sync.logGroup;

export const crmChangeLogGroup = crmChange.logGroup;

export const taskEventLogGroup = taskEvent.logGroup;

export const region = changes.arn.apply((arn) => parseArn(arn).region);

/** Names of the secrets, never their values. */
export const secrets = {
  twilio: storedSecrets.twilio.name,
  authToken: storedSecrets.authToken.name,
  ...(storedSecrets.sharedKey && { sharedKey: storedSecrets.sharedKey.name }),
  sources: Object.fromEntries(
    Object.entries(storedSecrets.signing).map(([source, { name }]) => [source, name]),
  ),
};

function resourceName(part: string): string {
  return `${prefix}-${part}`;
}

function reserved(concurrency: number): number | undefined {
  return limits.reserveConcurrency ? concurrency : undefined;
}
