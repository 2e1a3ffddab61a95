import { asset, runtime } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import { Sources } from '../../lambdas/crm-change/source-config.ts';
import { maximumTries } from '../../shared/config/retry.ts';
import { allOf, one, type Recording, recordResources } from './record-resources.ts';
import { restrictedValues } from './restricted-values.ts';

const secrets = {
  zendesk: 'hush-the-signing-secret-of-zendesk',
  forms: `whsec_${'hush'.repeat(8)}`,
  oldForms: `whsec_${'hush'.repeat(9)}`,
  soap: 'hush-the-token-in-the-path',
  twilio: 'hush-the-secret-of-the-api-key',
};

const partnerEventSource = 'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001EAA';

const source = { ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}' };
const config = {
  'aws:region': 'eu-west-1',
  'crm-media-sync:sources': JSON.stringify({
    zendesk: { kind: 'zendesk', ...source, signingSecrets: secrets.zendesk },
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
  'crm-media-sync:twilio': JSON.stringify({
    accountSid: `AC${'0'.repeat(32)}`,
    apiKey: `SK${'1'.repeat(32)}`,
    apiSecret: secrets.twilio,
    workspaceSid: `WS${'2'.repeat(32)}`,
  }),
  'crm-media-sync:sync': JSON.stringify({ maximumConcurrency: 3, tasksInParallel: 5 }),
  'crm-media-sync:logs': JSON.stringify({ retentionDays: 400 }),
};

interface Statement {
  readonly Effect: string;
  readonly Action: string[];
  readonly Resource: string;
}

let recording: Recording;
beforeAll(async () => {
  recording = await recordResources(() => import('../../infra/index.ts'), {
    config,
    stack: 'production',
  });
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

const environmentOf = (part: string): Record<string, string> => {
  const { environment } = one(recording, 'aws:lambda/function:Function', part).inputs;
  if (typeof environment !== 'object' || environment === null) throw new Error('no environment');
  return 'variables' in environment ? Object(environment.variables) : {};
};

const name = 'crm-media-sync-production';

describe('what the program makes', () => {
  it('is a queue and its dead letters, two functions, one door, one partner’s bus, and a secret for each that we share one with', () => {
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
      Function: 2,
      LogGroup: 2,
      Role: 2,
      RolePolicy: 2,
      EventSourceMapping: 1,
      FunctionRecursionConfig: 1,
      Api: 1,
      Integration: 1,
      Route: 1,
      Stage: 1,
      EventBus: 1,
      EventRule: 1,
      EventTarget: 1,
      Permission: 2,
      Secret: 4,
      SecretVersion: 4,
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

  it('is told to the operator: where the webhooks go, the queues, the functions, and nothing secret', () => {
    const url = `https://${name}-webhooks-0a1b2c3.execute-api.eu-west-1.amazonaws.com/webhooks`;
    const queue = 'https://sqs.eu-west-1.amazonaws.com/123456789012';
    expect({ ...recording.outputs }).toEqual({
      webhooks: {
        zendesk: `${url}/zendesk`,
        forms: `${url}/forms`,
        soap: `${url}/soap/<signing secret>`,
      },
      queueUrl: `${queue}/${name}-changes-0a1b2c3`,
      deadLetterQueueUrl: `${queue}/${name}-changes-dead-letters-0a1b2c3`,
      eventDeadLetterQueueUrl: `${queue}/${name}-events-dead-letters-0a1b2c3`,
      functions: { crmChange: `${name}-crm-change-0a1b2c3`, sync: `${name}-sync-0a1b2c3` },
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
    expect(permissions.map(({ inputs }) => [inputs['principal'], inputs['sourceArn']])).toEqual([
      ['events.amazonaws.com', expect.stringMatching(/:cases$/)],
      ['apigateway.amazonaws.com', expect.stringContaining(`${name}-webhooks`)],
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

  it('sync: its queues, where Twilio’s secret lies, and its share of Twilio’s limit', () => {
    expect(environmentOf('sync')).toEqual({
      QUEUE_URL: recording.outputs['queueUrl'],
      DEAD_LETTER_QUEUE_URL: recording.outputs['deadLetterQueueUrl'],
      TWILIO_SECRET: `${name}-twilio-0a1b2c3`,
      WORKSPACE_SID: `WS${'2'.repeat(32)}`,
      TASKROUTER_URL: 'https://taskrouter.twilio.com',
      EVALUATIONS_PER_SECOND: '1',
      TASKS_IN_PARALLEL: '5',
      POWERTOOLS_SERVICE_NAME: 'sync',
      POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
    });
  });
});

describe('the queue and its consumer', () => {
  it('agree: no message comes back while it is worked on, or is taken away before its tries are up', () => {
    const queue = one(recording, 'aws:sqs/queue:Queue', 'changes').inputs;
    const { timeout } = one(recording, 'aws:lambda/function:Function', 'sync').inputs;
    expect(queue['visibilityTimeoutSeconds']).toBeGreaterThanOrEqual(6 * Number(timeout));
    const { maxReceiveCount } = JSON.parse(String(queue['redrivePolicy']));
    expect(maxReceiveCount).toBeGreaterThan(maximumTries);
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

it('logs are kept as long as the stack configures', () => {
  for (const { inputs } of allOf(recording, 'aws:cloudwatch/logGroup:LogGroup')) {
    expect(inputs['retentionInDays']).toBe(400);
  }
});
