import { createHash } from 'node:crypto';
import { runtime } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { restrictedValues } from '../../fixtures/aws/restricted-values.ts';
import { bundleFile } from '../../infra/bundle/bundle.ts';
import { parseStackConfig } from '../../infra/config/stack-config.ts';
import { CrmChangeEnvironment } from '../../lambdas/crm-change/handler.ts';
import { SyncEnvironment } from '../../lambdas/sync/handler.ts';
import { TaskEventEnvironment } from '../../lambdas/task-event/handler.ts';
import { Sources } from '../../shared/crm/config.ts';
import { LinkConfigs } from '../../shared/crm/link-settings.ts';
import {
  allOf,
  filesOf,
  one,
  type Recording,
  recordResources,
} from '../../tools/engine/record-resources.ts';
import {
  partnerEventSource,
  project,
  pulumiConfig,
  secrets,
  sources,
  ticketUrl,
  twilio,
} from './settings.ts';

const name = 'crm-media-sync-production';

const taskEventsUrl = 'https://hooks.acme.com/flex/task-events';

const config = pulumiConfig(
  {
    sources,
    twilio,
    limits: { twilioConcurrentRequests: 39 },
    logs: { retentionDays: 400 },
    alarms: { email: 'oncall@acme.com' },
  },
  'eu-west-1',
);

const record = (changed: Record<string, unknown> = {}, stack = 'production') => {
  vi.resetModules();
  return recordResources(() => import('../../infra/index.ts'), {
    config: { ...config, ...pulumiConfig(changed) },
    stack,
  });
};

const recording = await record();

const environmentOf = (part: string, of: Recording = recording): Record<string, string> => {
  const { environment } = one(of, 'aws:lambda/function:Function', part).inputs;
  if (typeof environment !== 'object' || environment === null) throw new Error('no environment');
  return 'variables' in environment ? Object(environment.variables) : {};
};

/** What an operator compares a checkout with. */
const hashOf = async (part: string): Promise<string> => {
  const { code } = one(recording, 'aws:lambda/function:Function', part).inputs;
  const text = (await filesOf(code))[bundleFile] ?? '';
  return createHash('sha256').update(text).digest('hex');
};

it('the outputs are what an operator needs, and no secret', async () => {
  const api = `https://${name}-webhooks-0a1b2c3.execute-api.eu-west-1.amazonaws.com`;
  const queue = (part: string) =>
    `https://sqs.eu-west-1.amazonaws.com/123456789012/${name}-${part}-0a1b2c3`;
  const arn = (part: string) =>
    `arn:aws:lambda:eu-west-1:123456789012:${name}-${part}-0a1b2c3:live`;
  const title = { title: 'Ticket {id}', titleFromCrm: false };
  const pages = { ticketUrl, linkType: 'Referenced', ...title };
  expect({ ...recording.outputs }).toEqual({
    webhooks: {
      zendesk: `${api}/webhooks/zendesk`,
      forms: `${api}/webhooks/forms`,
      soap: `${api}/webhooks/soap/<signing secret>`,
    },
    taskEventsUrl: `${api}/twilio/task-events`,
    workspaceSid: twilio.workspaceSid,
    taskRouterUrl: 'https://taskrouter.twilio.com',
    sources: {
      zendesk: { kind: 'zendesk', taskAttribute: 'zd_ticket_id', ...pages },
      forms: { kind: 'standard-webhooks', ...pages },
      cases: { kind: 'salesforce', ...pages },
      soap: { kind: 'salesforce-outbound', ...pages },
    },
    queueUrls: { changes: queue('changes'), lookups: queue('lookups') },
    deadLetterQueueUrl: queue('dead-letters'),
    eventDeadLetterQueueUrl: queue('events-dead-letters'),
    dashboardUrl: `https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/${name}-dashboard`,
    alarmNamePrefix: `${name}-alarms-`,
    alarmTopicArn: `arn:aws:sns:eu-west-1:123456789012:${name}-alarms-0a1b2c3`,
    functions: {
      crmChange: `${name}-crm-change-0a1b2c3`,
      taskEvent: `${name}-task-event-0a1b2c3`,
      sync: `${name}-sync-0a1b2c3`,
    },
    aliases: { crmChange: arn('crm-change'), taskEvent: arn('task-event'), sync: arn('sync') },
    bundles: {
      crmChange: await hashOf('crm-change'),
      taskEvent: await hashOf('task-event'),
      sync: await hashOf('sync'),
    },
    domain: {},
    keyArn: `arn:aws:kms:eu-west-1:123456789012:${name}-key-0a1b2c3`,
    eventRules: { cases: { bus: partnerEventSource, rule: 'cases' } },
    syncLogGroup: `${name}-sync-logs-0a1b2c3`,
    crmChangeLogGroup: `${name}-crm-change-logs-0a1b2c3`,
    taskEventLogGroup: `${name}-task-event-logs-0a1b2c3`,
    region: 'eu-west-1',
    secrets: {
      twilio: `${name}-twilio-0a1b2c3`,
      authToken: `${name}-twilio-auth-token-0a1b2c3`,
      sharedKey: `${name}-twilio-shared-key-0a1b2c3`,
      sources: {
        zendesk: `${name}-source-zendesk-0a1b2c3`,
        forms: `${name}-source-forms-0a1b2c3`,
        soap: `${name}-source-soap-0a1b2c3`,
      },
    },
  });
});

it('the dashboard of a stack in GovCloud is in the console of GovCloud', async () => {
  vi.resetModules();
  const arnOf = () => 'arn:aws-us-gov:sqs:us-gov-west-1:123456789012:any';
  const { outputs } = await recordResources(() => import('../../infra/index.ts'), {
    config,
    arnOf,
  });
  expect(outputs['dashboardUrl']).toMatch(
    /^https:\/\/console\.amazonaws-us-gov\.com\/.*=us-gov-west-1#/,
  );
});

it('secrets are in Secrets Manager as the functions read them', () => {
  const value = (part: string): unknown => {
    const { inputs } = one(recording, 'aws:secretsmanager/secretVersion:SecretVersion', part);
    return JSON.parse(runtime.unwrapRpcSecret(inputs['secretString']));
  };
  expect(value('source-zendesk-value')).toEqual([secrets.zendesk]);
  expect(value('source-forms-value')).toEqual([secrets.forms, secrets.oldForms]);
  expect(value('twilio-value')).toEqual({
    accountSid: `AC${'0'.repeat(32)}`,
    apiKey: `SK${'1'.repeat(32)}`,
    apiSecret: secrets.twilio,
  });
  expect(value('twilio-auth-token-value')).toEqual([secrets.authToken, secrets.nextAuthToken]);
  expect(value('twilio-shared-key-value')).toEqual([secrets.sharedKey]);
});

describe('the environment of the functions', () => {
  const common = {
    POWERTOOLS_METRICS_NAMESPACE: name,
    NODE_OPTIONS: '--enable-source-maps',
  };

  const changes = `https://sqs.eu-west-1.amazonaws.com/123456789012/${name}-changes-0a1b2c3`;

  it('crm-change: its sources with the names of their secrets, and its queue', () => {
    const { SOURCES, ...rest } = environmentOf('crm-change');
    expect(Sources.parse(JSON.parse(SOURCES ?? ''))).toMatchObject({
      zendesk: { kind: 'zendesk', secret: `${name}-source-zendesk-0a1b2c3` },
      forms: { kind: 'standard-webhooks', secret: `${name}-source-forms-0a1b2c3` },
      cases: { kind: 'salesforce', partnerEventSource },
    });
    expect(rest).toEqual({
      QUEUE_URL: changes,
      LOOKUP_QUEUE: `${name}-lookups-0a1b2c3`,
      POWERTOOLS_SERVICE_NAME: 'crm-change',
      ...common,
    });
  });

  it('task-event and sync: how each source links tickets, without its secret', () => {
    const { SOURCES = '' } = environmentOf('sync');
    expect(environmentOf('task-event')['SOURCES']).toBe(SOURCES);
    expect(LinkConfigs.parse(JSON.parse(SOURCES))).toEqual(JSON.parse(SOURCES));
    expect(JSON.parse(SOURCES)).toEqual(recording.outputs['sources']);
  });

  it('task-event: its queue, the secrets of Auth Token and SharedKey, and our account and Workspace', () => {
    expect(environmentOf('task-event')).toEqual({
      SOURCES: expect.any(String),
      QUEUE_URL: changes,
      AUTH_TOKEN_SECRET: `${name}-twilio-auth-token-0a1b2c3`,
      SHARED_KEY_SECRET: `${name}-twilio-shared-key-0a1b2c3`,
      ACCOUNT_SID: twilio.accountSid,
      WORKSPACE_SID: twilio.workspaceSid,
      POWERTOOLS_SERVICE_NAME: 'task-event',
      ...common,
    });
  });

  it('is valid for each function', () => {
    const schemas = {
      'crm-change': CrmChangeEnvironment,
      'task-event': TaskEventEnvironment,
      sync: SyncEnvironment,
    };
    for (const [part, schema] of Object.entries(schemas)) {
      expect(schema.safeParse(environmentOf(part)).error?.issues, part).toBeUndefined();
    }
  });

  it('sync: its queues, the secret of Twilio, and its share of Twilio’s limits', () => {
    expect(environmentOf('sync')).toEqual({
      SOURCES: expect.any(String),
      QUEUE_URL: changes,
      LOOKUP_QUEUE: `${name}-lookups-0a1b2c3`,
      DEAD_LETTER_QUEUE: `${name}-dead-letters-0a1b2c3`,
      TWILIO_SECRET: `${name}-twilio-0a1b2c3`,
      WORKSPACE_SID: `WS${'2'.repeat(32)}`,
      TASKROUTER_URL: 'https://taskrouter.twilio.com',
      CONCURRENT_REQUESTS: '39',
      CONFIRM_AFTER_SECONDS: '20,90',
      POWERTOOLS_SERVICE_NAME: 'sync',
      ...common,
    });
  });
});

describe('the environment of the functions of a stack with other settings', () => {
  const withHosts = (count: number) => {
    const hosts = Array.from({ length: count }, (_, index) => `a${index}.eu`);
    const allowedHosts = ['acme.zendesk.com', ...hosts];
    return { sources: { zendesk: { ...sources.zendesk, allowedHosts } } };
  };
  const isAccepted = (count: number): boolean => {
    try {
      const changed = { ...config, ...pulumiConfig(withHosts(count)) };
      parseStackConfig(project, changed, new Set(Object.keys(config)), 'prod');
      return true;
    } catch {
      return false;
    }
  };
  const longestSources = () => {
    let count = 1;
    while (isAccepted(count + 1)) count += 1;
    return withHosts(count);
  };
  const longUrl = `${taskEventsUrl}/${'x'.repeat(200 - taskEventsUrl.length - 1)}`;

  let other: Recording;
  beforeAll(async () => {
    const changed = {
      ...longestSources(),
      twilio: { ...twilio, taskEventsUrl: longUrl },
      sync: { confirmAfterSeconds: 0, taskEvents: false },
    };
    other = await record(changed, 'p'.repeat(20));
  });

  it('task-event: the URL to which Twilio sends events, which is an output too', () => {
    expect(environmentOf('task-event', other)['PUBLIC_URL']).toBe(longUrl);
    expect(other.outputs['taskEventsUrl']).toBe(longUrl);
  });

  it('sync: that nothing is confirmed, and that Twilio sends no events', () => {
    const { CONFIRM_AFTER_SECONDS, TASK_EVENTS } = environmentOf('sync', other);
    expect([CONFIRM_AFTER_SECONDS, TASK_EVENTS]).toEqual(['0', 'false']);
  });

  it('fits into their environments, with sources as long as there may be', () => {
    for (const made of allOf(other, 'aws:lambda/function:Function')) {
      const shape = restrictedValues['aws:lambda/function:Function'];
      expect(shape?.safeParse(made).error?.issues, made.name).toBeUndefined();
    }
  });
});

it('the mappings of the queues: changes wait for nothing, lookups gather', () => {
  const mapped = allOf(recording, 'aws:lambda/eventSourceMapping:EventSourceMapping');
  const mapping = (queue: string, batchSize: number, seconds: number, atOnce: number) => ({
    eventSourceArn: `arn:aws:sqs:eu-west-1:123456789012:${name}-${queue}-0a1b2c3`,
    functionName: `arn:aws:lambda:eu-west-1:123456789012:${name}-sync-0a1b2c3:live`,
    batchSize,
    maximumBatchingWindowInSeconds: seconds,
    scalingConfig: { maximumConcurrency: atOnce },
  });
  expect(mapped.map(({ inputs }) => inputs)).toMatchObject([
    mapping('changes', 10, 0, 6),
    mapping('lookups', 29, 1, 3),
  ]);
});

describe('the alarms', () => {
  const alarms = () => allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm');

  it('have the name of the stack in their names', () => {
    for (const { inputs } of alarms()) expect(inputs['name']).toMatch(`${name}-alarms-`);
  });

  it('watch the metrics of the sync as its environment names them', () => {
    const { POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE } = environmentOf('sync');
    const watched = alarms().flatMap(({ inputs }) => {
      const { service } = Object(inputs['dimensions']);
      return service === undefined ? [] : [`${inputs['namespace']} ${service}`];
    });
    expect(new Set(watched)).toEqual(
      new Set([`${POWERTOOLS_METRICS_NAMESPACE} ${POWERTOOLS_SERVICE_NAME}`]),
    );
  });
});
