import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  interpolate,
} from '@pulumi/pulumi';
import {
  defaultRouteThrottle,
  reservedConcurrency,
  syncTimeoutSeconds,
} from '../shared/config/limits.ts';
import { parseArn } from './arn.ts';
import { Alarms } from './components/alarms.ts';
import { Dashboard } from './components/dashboard.ts';
import { EncryptionKey } from './components/encryption-key.ts';
import {
  EventDeadLetterQueue,
  EventDelivery,
  KeepActive,
  PartnerEventBus,
} from './components/event-bridge.ts';
import { Secrets } from './components/secrets.ts';
import { QueueWorker, SyncQueues } from './components/sync-queues.ts';
import { AccessLog, WebhookApi } from './components/webhook-api.ts';
import { linkConfigs, partnerSources, webhookSources, withSecretNames } from './config/sources.ts';
import { type CrmMediaSyncArgs, parseArgs, type StackConfig } from './config/stack-config.ts';
import { crmChangeFunction, syncFunction, taskEventFunction } from './functions.ts';
import { addTags } from './tags.ts';

/**
 * All of crm-media-sync, as one component. A Pulumi program of your own may create it too.
 *
 * @param name prefix of the names of all resources: at most 35 letters, digits, `-` and `_`. It must be unique in the
 * account and region
 * @throws StackConfigError with all problems of the arguments
 */
export class CrmMediaSync extends ComponentResource {
  /** The values that operator commands and the documentation use. They contain no secrets. */
  readonly outputs: ReturnType<typeof createResources>;

  constructor(name: string, args: CrmMediaSyncArgs, options: ComponentResourceOptions = {}) {
    const config = parseArgs(name, args);
    const tags = addTags({ application: getProject(), stack: getStack() }, config.tags);
    const transformations = [...(options.transformations ?? []), tags];
    super('crm-media-sync:infra:CrmMediaSync', name, {}, { ...options, transformations });
    this.outputs = createResources(name, config, { parent: this });
    this.registerOutputs(this.outputs);
  }
}

function createResources(name: string, config: StackConfig, options: ComponentResourceOptions) {
  const { limits, twilio } = config;

  const resourceName = (part: string): string => `${name}-${part}`;

  const reserved = (concurrency: number): number | undefined =>
    limits.reserveConcurrency ? concurrency : undefined;

  const concurrency = reservedConcurrency(Object.keys(config.sources).length, limits.burst);

  // This key encrypts all stored data.
  const key = new EncryptionKey(
    resourceName('key'),
    {
      ...config.key,
      use: 'data',
      prefix: name,
      keep: config.keep.length > 0,
    },
    options,
  );

  // This key encrypts only alarms, which must arrive if the other key is disabled.
  const alarmKey = new EncryptionKey(
    resourceName('alarms-key'),
    {
      ...config.key,
      arn: config.key.alarmsArn,
      use: 'alarms',
      prefix: name,
      keep: false,
    },
    options,
  );

  // The signing secrets, the Twilio API key and the Auth Token.
  const storedSecrets = new Secrets(name, { key, sources: config.sources, twilio }, options);

  // The queues of ticket changes and reconcile messages, and their dead-letter queue.
  const queues = new SyncQueues(
    resourceName('queues'),
    {
      key,
      prefix: name,
      consumerTimeoutSeconds: syncTimeoutSeconds,
      keepDeadLetters: config.keep.includes('deadLetters'),
    },
    options,
  );

  // The event buses of CRMs that send through EventBridge, and the queue for events that cannot be processed.
  const partnerEvents = partnerSources(config.sources).map(({ source, ...of }) => ({
    source,
    events: new PartnerEventBus(resourceName(`${source}-events`), { source, ...of }, options),
  }));

  const eventDeadLetters = new EventDeadLetterQueue(
    resourceName('events'),
    {
      key,
      rules: partnerEvents.map(({ events }) => events.ruleArn),
      keep: config.keep.includes('deadLetters'),
    },
    options,
  );

  // The functions. Two of them receive requests and send to the queues. The third consumes the queues.
  const common = {
    key,
    logRetentionDays: config.logs.retentionDays,
    keepLogs: config.keep.includes('logs'),
    metricsNamespace: name,
    vpc: config.vpc,
  };

  const sources = linkConfigs(config.sources);

  const sourcesJson = all(
    Object.fromEntries(
      Object.entries(storedSecrets.signing).map(([source, { name }]) => [source, name]),
    ),
  ).apply((names) => JSON.stringify(withSecretNames(config.sources, names)));

  const crmChange = crmChangeFunction(
    resourceName('crm-change'),
    {
      common,
      sources: sourcesJson,
      signingSecrets: Object.values(storedSecrets.signing),
      queues,
      eventDeadLetters,
      reservedConcurrency: reserved(concurrency.crmChange),
    },
    options,
  );

  const taskEvent = taskEventFunction(
    resourceName('task-event'),
    {
      common,
      sources,
      twilio,
      authToken: storedSecrets.authToken,
      sharedKey: storedSecrets.sharedKey,
      changes: queues.changes,
      reservedConcurrency: reserved(concurrency.taskEvent),
    },
    options,
  );

  const sync = syncFunction(
    resourceName('sync'),
    {
      common,
      sources,
      twilio,
      credentials: storedSecrets.twilio,
      queues,
      settings: config.sync,
      concurrentRequests: limits.twilioConcurrentRequests,
      timeoutSeconds: syncTimeoutSeconds,
      reservedConcurrency: reserved(concurrency.sync),
    },
    options,
  );

  // The triggers of the functions: the public API, the event buses and the queues.
  const webhookRoutes = webhookSources(config.sources);

  const taskEventsPath = '/twilio/task-events';

  const accessLog = new AccessLog(resourceName('access-log'), common, options);

  const api = new WebhookApi(
    resourceName('webhooks'),
    {
      handler: crmChange,
      routes: [
        ...webhookRoutes.map(({ path }) => ({ path, handler: crmChange })),
        { path: taskEventsPath, handler: taskEvent },
      ],
      limits,
      defaultLimits: defaultRouteThrottle,
      accessLog,
      domain: config.domain,
    },
    options,
  );

  for (const { source, events } of partnerEvents) {
    new EventDelivery(
      resourceName(`${source}-delivery`),
      {
        events,
        handler: crmChange,
        deadLetterQueue: eventDeadLetters,
      },
      options,
    );
  }

  // Webhooks may not arrive for weeks. sync needs no such event: if it is not ready, its event source mapping tries
  // again.
  if (config.vpc !== undefined) {
    new KeepActive(
      resourceName('keep-active'),
      { functions: { 'crm-change': crmChange, 'task-event': taskEvent } },
      options,
    );
  }

  new QueueWorker(
    resourceName('sync-worker'),
    { queues, worker: sync, concurrentRequests: limits.twilioConcurrentRequests },
    options,
  );

  // Alarms and dashboard.
  const monitored = {
    queues,
    eventDeadLetters,
    crmChange,
    taskEvent,
    sync,
    api,
    accessLog,
    metricsNamespace: common.metricsNamespace,
    runbookUrl: config.alarms.runbookUrl,
  };

  const alarms = new Alarms(
    resourceName('alarms'),
    {
      ...monitored,
      key: alarmKey,
      webhookSources: webhookRoutes.map(({ source }) => source),
      email: config.alarms.email,
    },
    options,
  );

  const dashboard = new Dashboard(
    resourceName('dashboard'),
    {
      ...monitored,
      alarms,
      sources: Object.keys(config.sources),
    },
    options,
  );

  return {
    /** The URL of each webhook. If the path contains the signing secret, the output has a placeholder instead. */
    webhooks: Object.fromEntries(
      webhookRoutes.map(({ source, path }) => [
        source,
        interpolate`${api.url}${path.replace('{token}', '<signing secret>')}`,
      ]),
    ),
    /** The URL to which Twilio sends TaskRouter events. */
    taskEventsUrl: twilio.taskEventsUrl ?? interpolate`${api.url}${taskEventsPath}`,
    /** The host name that DNS of the custom domain must point to. */
    domain: config.domain && api.domainTarget ? { [config.domain.name]: api.domainTarget } : {},
    workspaceSid: twilio.workspaceSid,
    taskRouterUrl: twilio.taskRouterUrl,
    queueUrls: { changes: queues.changes.url, lookups: queues.lookups.url },
    deadLetterQueueUrl: queues.deadLetters.url,
    eventDeadLetterQueueUrl: eventDeadLetters.url,
    keyArn: key.arn,
    /** The rule of each source that sends through EventBridge. */
    eventRules: Object.fromEntries(
      partnerEvents.map(({ source, events: { busName, ruleName } }) => [
        source,
        { bus: busName, rule: ruleName },
      ]),
    ),
    dashboardUrl: dashboard.url,
    alarmTopicArn: alarms.topicArn,
    alarmNamePrefix: resourceName('alarms-'),
    functions: {
      crmChange: crmChange.name,
      taskEvent: taskEvent.name,
      sync: sync.name,
    },
    /** The ARN of each function's alias, which its triggers invoke. */
    aliases: {
      crmChange: crmChange.aliasArn,
      taskEvent: taskEvent.aliasArn,
      sync: sync.aliasArn,
    },
    /** SHA-256 of each function's code. */
    bundles: {
      crmChange: crmChange.bundleHash,
      taskEvent: taskEvent.bundleHash,
      sync: sync.bundleHash,
    },
    syncLogGroup: sync.logGroup,
    crmChangeLogGroup: crmChange.logGroup,
    taskEventLogGroup: taskEvent.logGroup,
    region: queues.changes.arn.apply((arn) => parseArn(arn).region),
    /** Names of the secrets, never their values. */
    secrets: {
      twilio: storedSecrets.twilio.name,
      authToken: storedSecrets.authToken.name,
      ...(storedSecrets.sharedKey && { sharedKey: storedSecrets.sharedKey.name }),
      sources: Object.fromEntries(
        Object.entries(storedSecrets.signing).map(([source, { name }]) => [source, name]),
      ),
    },
    sources,
  };
}
