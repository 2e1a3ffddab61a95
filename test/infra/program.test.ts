import { asset, runtime } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parseStackConfig } from '../../infra/config/stack-config.ts';
import { CrmChangeEnvironment } from '../../lambdas/crm-change/environment.ts';
import { Sources } from '../../lambdas/crm-change/source-config.ts';
import { SyncEnvironment } from '../../lambdas/sync/environment.ts';
import { TaskEventEnvironment } from '../../lambdas/task-event/environment.ts';
import { usualTries } from '../../shared/config/retry.ts';
import { allOf, one, type Recording, recordResources } from './record-resources.ts';
import { restrictedValues } from './restricted-values.ts';

const secrets = {
  zendesk: 'hush-the-signing-secret-of-zendesk',
  forms: `whsec_${'hush'.repeat(8)}`,
  oldForms: `whsec_${'hush'.repeat(9)}`,
  soap: 'hush-the-token-in-the-path',
  twilio: 'hush-the-secret-of-the-api-key',
  authToken: 'hush-the-auth-token-of-the-account',
  nextAuthToken: 'hush-the-auth-token-that-comes-next',
};

const partnerEventSource = 'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001EAA';

const taskEventsUrl = 'https://hooks.acme.com/flex/task-events';

const source = { ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}' };
const twilio = {
  accountSid: `AC${'0'.repeat(32)}`,
  apiKey: `SK${'1'.repeat(32)}`,
  apiSecret: secrets.twilio,
  authToken: [secrets.authToken, secrets.nextAuthToken],
  workspaceSid: `WS${'2'.repeat(32)}`,
};
const config = {
  'aws:region': 'eu-west-1',
  'crm-media-sync:sources': JSON.stringify({
    zendesk: {
      kind: 'zendesk',
      ...source,
      taskAttribute: 'zd_ticket_id',
      signingSecrets: secrets.zendesk,
    },
    forms: {
      kind: 'standard-webhooks',
      ...source,
      signingSecrets: [secrets.forms, secrets.oldForms],
    },
    cases: { kind: 'salesforce', ...source, partnerEventSource },
    soap: {
      kind: 'salesforce-outbound',
      ...source,
      organizationId: '00D000000000001',
      signingSecrets: secrets.soap,
    },
  }),
  'crm-media-sync:twilio': JSON.stringify(twilio),
  'crm-media-sync:sync': JSON.stringify({ maximumConcurrency: 3, tasksInParallel: 5 }),
  'crm-media-sync:logs': JSON.stringify({ retentionDays: 400 }),
  'crm-media-sync:alarms': JSON.stringify({ email: 'oncall@acme.com' }),
};

const record = (changed: Record<string, string> = {}, stack = 'production') => {
  vi.resetModules();
  return recordResources(() => import('../../infra/index.ts'), {
    config: { ...config, ...changed },
    stack,
  });
};

interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: string;
}

let recording: Recording;
beforeAll(async () => {
  recording = await record();
});

const statementsOf = (part: string): Statement[] =>
  JSON.parse(String(one(recording, 'aws:iam/rolePolicy:RolePolicy', part).inputs['policy']))
    .Statement;

/** What a function's role allows: resource, less what is the same in every ARN, to actions. */
const allowed = (part: string): Record<string, string[]> => {
  const allowances: Record<string, string[]> = {};
  for (const { Action, Resource } of statementsOf(part)) {
    const resource = Resource.replace(/^arn:aws:(\w+):eu-west-1:123456789012:/, '$1 ');
    allowances[resource] = [...(allowances[resource] ?? []), ...Action];
  }
  return allowances;
};

const environmentOf = (part: string, of: Recording = recording): Record<string, string> => {
  const { environment } = one(of, 'aws:lambda/function:Function', part).inputs;
  if (typeof environment !== 'object' || environment === null) throw new Error('no environment');
  return 'variables' in environment ? Object(environment.variables) : {};
};

const name = 'crm-media-sync-production';

describe('what the program makes', () => {
  it('is a queue and its dead letters, three functions, one door, one partner’s bus, alarms, and a secret for each that we share one with', () => {
    const counts = Object.groupBy(
      recording.resources.filter(({ type }) => type.startsWith('aws:')),
      ({ type }) => type.split(':')[2] ?? '',
    );
    expect(
      Object.fromEntries(Object.entries(counts).map(([type, made]) => [type, made?.length])),
    ).toEqual({
      Queue: 3,
      QueuePolicy: 3,
      RedriveAllowPolicy: 1,
      Function: 3,
      LogGroup: 3,
      Role: 3,
      RolePolicy: 3,
      EventSourceMapping: 1,
      FunctionRecursionConfig: 1,
      Api: 1,
      Integration: 2,
      Route: 2,
      Stage: 1,
      EventBus: 1,
      EventRule: 1,
      EventTarget: 1,
      Permission: 3,
      Secret: 5,
      SecretVersion: 5,
      Topic: 1,
      TopicPolicy: 1,
      TopicSubscription: 1,
      MetricAlarm: 9,
    });
  });

  it.each(Object.keys(restrictedValues))('has only values that AWS takes for %s', (type) => {
    const made = allOf(recording, type);
    expect(made.length).toBeGreaterThan(0);
    for (const resource of made) {
      expect(restrictedValues[type]?.safeParse(resource).error?.issues).toBeUndefined();
    }
  });

  it('is checked for such values whatever its type', () => {
    const types = recording.resources.map(({ type }) => type).filter((t) => t.startsWith('aws:'));
    expect(types.filter((type) => restrictedValues[type] === undefined)).toEqual([]);
  });

  it('is told to the operator: where the webhooks and events go, what they are about, the queues, the functions, and nothing secret', () => {
    const api = `https://${name}-webhooks-0a1b2c3.execute-api.eu-west-1.amazonaws.com`;
    const queue = 'https://sqs.eu-west-1.amazonaws.com/123456789012';
    const pages = { ...source, linkType: 'Referenced', allowedHosts: ['acme.zendesk.com'] };
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
      queueUrl: `${queue}/${name}-changes-0a1b2c3`,
      deadLetterQueueUrl: `${queue}/${name}-changes-dead-letters-0a1b2c3`,
      eventDeadLetterQueueUrl: `${queue}/${name}-events-dead-letters-0a1b2c3`,
      alarmNamePrefix: `${name}-alarms-`,
      alarmTopicArn: `arn:aws:sns:eu-west-1:123456789012:${name}-alarms-0a1b2c3`,
      functions: {
        crmChange: `${name}-crm-change-0a1b2c3`,
        taskEvent: `${name}-task-event-0a1b2c3`,
        sync: `${name}-sync-0a1b2c3`,
      },
      syncLogGroup: `${name}-sync-logs-0a1b2c3`,
      region: 'eu-west-1',
      secrets: {
        twilio: `${name}-twilio-0a1b2c3`,
        authToken: `${name}-twilio-auth-token-0a1b2c3`,
        sources: {
          zendesk: `${name}-source-zendesk-0a1b2c3`,
          forms: `${name}-source-forms-0a1b2c3`,
          soap: `${name}-source-soap-0a1b2c3`,
        },
      },
    });
  });
});

describe('secrets', () => {
  /** Everything registered, as text, with the value of each marked secret left out. */
  const plainText = async (): Promise<string> => {
    const texts: string[] = [];
    for (const { inputs } of allOf(recording, 'aws:lambda/function:Function')) {
      if (!(inputs['code'] instanceof asset.AssetArchive)) throw new Error('no archive');
      for (const file of Object.values(await inputs['code'].assets)) {
        if (!(file instanceof asset.StringAsset)) throw new Error('no text');
        texts.push(await file.text);
      }
    }
    const rest = JSON.stringify([recording.resources, recording.outputs], (_, value) =>
      runtime.isRpcSecret(value) ? 'kept secret' : value,
    );
    return [rest, ...texts].join('\n');
  };

  it('stand in plain text in no input, no output and no bundle', async () => {
    expect(JSON.stringify(recording.resources)).toContain('hush');
    expect(await plainText()).not.toContain('hush');
  });

  it('lie in Secrets Manager as the functions read them', () => {
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
  });
});

describe('permissions', () => {
  it('let crm-change send to the queue, read the signing secrets and write its log', () => {
    expect(allowed('crm-change-policy')).toEqual({
      [`cloudwatch ${name}-crm-change-logs-0a1b2c3:*`]: [
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
      [`sqs ${name}-changes-0a1b2c3`]: ['sqs:SendMessage'],
      [`secretsmanager ${name}-source-zendesk-0a1b2c3`]: ['secretsmanager:GetSecretValue'],
      [`secretsmanager ${name}-source-forms-0a1b2c3`]: ['secretsmanager:GetSecretValue'],
      [`secretsmanager ${name}-source-soap-0a1b2c3`]: ['secretsmanager:GetSecretValue'],
      [`sqs ${name}-events-dead-letters-0a1b2c3`]: ['sqs:SendMessage'],
    });
  });

  it('let task-event send to the queue, read the Auth Token and write its log', () => {
    expect(allowed('task-event-policy')).toEqual({
      [`cloudwatch ${name}-task-event-logs-0a1b2c3:*`]: [
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
      [`sqs ${name}-changes-0a1b2c3`]: ['sqs:SendMessage'],
      [`secretsmanager ${name}-twilio-auth-token-0a1b2c3`]: ['secretsmanager:GetSecretValue'],
    });
  });

  it('give each secret to one function and to no other', () => {
    const readers: Record<string, string[]> = {};
    for (const part of ['crm-change', 'task-event', 'sync']) {
      for (const { Action, Resource } of statementsOf(`${part}-policy`)) {
        if (!Action.includes('secretsmanager:GetSecretValue')) continue;
        const secret = Resource.split(`${name}-`)[1] ?? Resource;
        readers[secret] = [...(readers[secret] ?? []), part];
      }
    }
    expect(readers).toEqual({
      'source-zendesk-0a1b2c3': ['crm-change'],
      'source-forms-0a1b2c3': ['crm-change'],
      'source-soap-0a1b2c3': ['crm-change'],
      'twilio-0a1b2c3': ['sync'],
      'twilio-auth-token-0a1b2c3': ['task-event'],
    });
  });

  it('let sync consume the queue and send to it, send to the dead letters, read Twilio’s secret and write its log', () => {
    expect(allowed('sync-policy')).toEqual({
      [`cloudwatch ${name}-sync-logs-0a1b2c3:*`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      [`sqs ${name}-changes-0a1b2c3`]: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ChangeMessageVisibility',
        'sqs:SendMessage',
      ],
      [`sqs ${name}-changes-dead-letters-0a1b2c3`]: ['sqs:SendMessage'],
      [`secretsmanager ${name}-twilio-0a1b2c3`]: ['secretsmanager:GetSecretValue'],
    });
  });

  it('are all allowances of named actions on named resources', () => {
    for (const statement of [
      ...statementsOf('crm-change-policy'),
      ...statementsOf('task-event-policy'),
      ...statementsOf('sync-policy'),
    ]) {
      expect(statement.Effect).toBe('Allow');
      for (const action of statement.Action) expect(action).toMatch(/^[a-z]+:[A-Za-z]+$/);
      // Streams of one log group are the one place for a wildcard: Lambda names them.
      expect(statement.Resource).toMatch(/^arn:aws:[^*]+(-logs-0a1b2c3:\*)?$/);
    }
  });

  it('leave the functions no other way in than the queue, the door and the partner’s rule', () => {
    expect(allOf(recording, 'aws:lambda/functionUrl:FunctionUrl')).toEqual([]);
    const permissions = allOf(recording, 'aws:lambda/permission:Permission');
    const ways = permissions.map(({ inputs }) => [inputs['function'], inputs['sourceArn']]);
    const api = `arn:aws:execute-api:eu-west-1:123456789012:${name}-webhooks-0a1b2c3`;
    expect(ways.toSorted()).toEqual([
      [`${name}-crm-change-0a1b2c3`, expect.stringMatching(/:cases$/)],
      [`${name}-crm-change-0a1b2c3`, `${api}/*/$default`],
      [`${name}-task-event-0a1b2c3`, `${api}/*/POST/twilio/task-events`],
    ]);
  });
});

describe('what the functions are told', () => {
  it('crm-change: its sources with the names of their secrets, and its queue', () => {
    const { SOURCES, ...rest } = environmentOf('crm-change');
    expect(Sources.parse(JSON.parse(SOURCES ?? ''))).toMatchObject({
      zendesk: { kind: 'zendesk', secret: `${name}-source-zendesk-0a1b2c3` },
      forms: { kind: 'standard-webhooks', secret: `${name}-source-forms-0a1b2c3` },
      cases: { kind: 'salesforce', partnerEventSource },
    });
    expect(rest).toEqual({
      QUEUE_URL: recording.outputs['queueUrl'],
      POWERTOOLS_SERVICE_NAME: 'crm-change',
      POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
    });
  });

  it('task-event: the same sources, its queue, where the Auth Token lies, and whose events are ours', () => {
    expect(environmentOf('task-event')).toEqual({
      SOURCES: environmentOf('crm-change')['SOURCES'],
      QUEUE_URL: recording.outputs['queueUrl'],
      AUTH_TOKEN_SECRET: `${name}-twilio-auth-token-0a1b2c3`,
      ACCOUNT_SID: twilio.accountSid,
      WORKSPACE_SID: twilio.workspaceSid,
      POWERTOOLS_SERVICE_NAME: 'task-event',
      POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
    });
  });

  it('is what each of them can read', () => {
    const schemas = {
      'crm-change': CrmChangeEnvironment,
      'task-event': TaskEventEnvironment,
      sync: SyncEnvironment,
    };
    for (const [part, schema] of Object.entries(schemas)) {
      expect(schema.safeParse(environmentOf(part)).error?.issues, part).toBeUndefined();
    }
  });

  it('sync: its queues, where Twilio’s secret lies, and its share of Twilio’s limit', () => {
    expect(environmentOf('sync')).toEqual({
      QUEUE_URL: recording.outputs['queueUrl'],
      DEAD_LETTER_QUEUE_URL: recording.outputs['deadLetterQueueUrl'],
      TWILIO_SECRET: `${name}-twilio-0a1b2c3`,
      WORKSPACE_SID: `WS${'2'.repeat(32)}`,
      TASKROUTER_URL: 'https://taskrouter.twilio.com',
      EVALUATIONS_PER_SECOND: '1',
      TASKS_IN_PARALLEL: '5',
      CONFIRM_AFTER_SECONDS: '20,90',
      POWERTOOLS_SERVICE_NAME: 'sync',
      POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
    });
  });
});

describe('what the functions are told of a stack with other settings', () => {
  const settings = { kind: 'zendesk', ...source, signingSecrets: secrets.zendesk };
  const zendesks = (count: number): string =>
    JSON.stringify(
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`zendesk-${index}`, settings]),
      ),
    );
  const isTaken = (sources: string): boolean => {
    try {
      parseStackConfig('crm-media-sync', { ...config, 'crm-media-sync:sources': sources });
      return true;
    } catch {
      return false;
    }
  };
  const mostSources = (): string => {
    let count = 1;
    while (isTaken(zendesks(count + 1))) count += 1;
    return zendesks(count);
  };
  const longUrl = `${taskEventsUrl}/${'x'.repeat(200 - taskEventsUrl.length - 1)}`;

  let other: Recording;
  beforeAll(async () => {
    const changed = {
      'crm-media-sync:sources': mostSources(),
      'crm-media-sync:twilio': JSON.stringify({ ...twilio, taskEventsUrl: longUrl }),
      'crm-media-sync:sync': JSON.stringify({ confirmAfterSeconds: 0 }),
    };
    other = await record(changed, 'p'.repeat(20));
  });

  it('task-event: where Twilio sends events to, which the operator is told as well', () => {
    expect(environmentOf('task-event', other)['PUBLIC_URL']).toBe(longUrl);
    expect(other.outputs['taskEventsUrl']).toBe(longUrl);
  });

  it('sync: that nothing is confirmed', () => {
    expect(environmentOf('sync', other)['CONFIRM_AFTER_SECONDS']).toBe('0');
  });

  it('fits into their environments, with as many sources as there may be', () => {
    for (const made of allOf(other, 'aws:lambda/function:Function')) {
      const shape = restrictedValues['aws:lambda/function:Function'];
      expect(shape?.safeParse(made).error?.issues, made.name).toBeUndefined();
    }
  });
});

describe('the queue and its consumer', () => {
  it('agree: no message comes back while it is worked on, or is taken away before its tries are up', () => {
    const queue = one(recording, 'aws:sqs/queue:Queue', 'changes').inputs;
    const { timeout } = one(recording, 'aws:lambda/function:Function', 'sync').inputs;
    expect(queue['visibilityTimeoutSeconds']).toBeGreaterThanOrEqual(6 * Number(timeout));
    const { maxReceiveCount } = JSON.parse(String(queue['redrivePolicy']));
    expect(maxReceiveCount).toBeGreaterThan(1.5 * usualTries);
  });

  it('are joined by a mapping with the concurrency that the stack configures', () => {
    expect(one(recording, 'aws:lambda/eventSourceMapping:EventSourceMapping').inputs).toMatchObject(
      {
        eventSourceArn: `arn:aws:sqs:eu-west-1:123456789012:${name}-changes-0a1b2c3`,
        functionName: `arn:aws:lambda:eu-west-1:123456789012:${name}-sync-0a1b2c3`,
        batchSize: 50,
        maximumBatchingWindowInSeconds: 1,
        scalingConfig: { maximumConcurrency: 3 },
      },
    );
  });

  it('every queue has dead letters or is for them', () => {
    for (const { name, inputs } of allOf(recording, 'aws:sqs/queue:Queue')) {
      expect(name.endsWith('-dead-letters') || 'redrivePolicy' in inputs, name).toBe(true);
    }
  });
});

describe('the alarms', () => {
  const watched = (key: string): string[] => {
    const alarms = allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm');
    const values = alarms.map(({ inputs }) => Object(inputs['dimensions'])[key]);
    return values.filter((value) => value !== undefined);
  };

  it('watch the queues and functions of this stack, and each dead-letter queue', () => {
    expect(watched('QueueName').toSorted()).toEqual([
      `${name}-changes-0a1b2c3`,
      `${name}-changes-dead-letters-0a1b2c3`,
      `${name}-events-dead-letters-0a1b2c3`,
    ]);
    const functions = Object.values(Object(recording.outputs['functions'])).toSorted();
    expect(watched('FunctionName').toSorted()).toEqual(functions);
  });

  it('watch the metrics of the sync as its environment names them', () => {
    const { POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE } = environmentOf('sync');
    expect(new Set(watched('service'))).toEqual(new Set([POWERTOOLS_SERVICE_NAME]));
    const namespaces = allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm')
      .filter(({ inputs }) => 'service' in Object(inputs['dimensions']))
      .map(({ inputs }) => inputs['namespace']);
    expect(new Set(namespaces)).toEqual(new Set([POWERTOOLS_METRICS_NAMESPACE]));
  });

  it('bear the name of the stack, for those who look for them', () => {
    for (const { inputs } of allOf(recording, 'aws:cloudwatch/metricAlarm:MetricAlarm')) {
      expect(inputs['name']).toMatch(new RegExp(`^${name}-alarms-`));
    }
  });
});

it('logs are kept as long as the stack configures', () => {
  for (const { inputs } of allOf(recording, 'aws:cloudwatch/logGroup:LogGroup')) {
    expect(inputs['retentionInDays']).toBe(400);
  }
});
