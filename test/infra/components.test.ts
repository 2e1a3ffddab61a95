import { asset } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import { NodeFunction, type NodeFunctionArgs } from '../../infra/components/node-function.ts';
import { QueueWorker } from '../../infra/components/queue-worker.ts';
import { RedrivableQueue } from '../../infra/components/redrivable-queue.ts';
import { StoredSecret } from '../../infra/components/stored-secret.ts';
import { WebhookApi } from '../../infra/components/webhook-api.ts';
import { mayRead } from '../../infra/policies/permissions.ts';
import { allOf, one, type Recording, recordResources } from './record-resources.ts';

const functionArgs: NodeFunctionArgs = {
  entry: 'test/infra/fixtures/handler.ts',
  service: 'worker',
  description: 'Does the work',
  permissions: [],
  environment: {},
  timeoutSeconds: 20,
  memoryMegabytes: 256,
  logRetentionDays: 30,
};

const json = (value: unknown): Record<string, unknown> => JSON.parse(String(value));

describe('RedrivableQueue', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      new RedrivableQueue('orders', { consumerTimeoutSeconds: 20, consumerTries: 18 });
    });
  });

  const queues = () => ({
    queue: one(recording, 'aws:sqs/queue:Queue', 'orders'),
    deadLetters: one(recording, 'aws:sqs/queue:Queue', 'dead-letters'),
  });

  it('sends to its own dead-letter queue what was handed over too often', () => {
    expect(json(queues().queue.inputs['redrivePolicy'])).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:123456789012:orders-dead-letters-0a1b2c3',
      maxReceiveCount: 45,
    });
    expect(queues().deadLetters.inputs).not.toHaveProperty('redrivePolicy');
  });

  it('lets dead letters go back to this queue and to no other', () => {
    const { inputs } = one(recording, 'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy');
    expect(inputs['queueUrl']).toContain('orders-dead-letters');
    expect(json(inputs['redriveAllowPolicy'])).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: ['arn:aws:sqs:eu-west-1:123456789012:orders-0a1b2c3'],
    });
  });

  it('hides a message for six times as long as its consumer may take', () => {
    expect(queues().queue.inputs['visibilityTimeoutSeconds']).toBe(120);
  });

  it('encrypts both queues, and both are standard', () => {
    for (const { inputs } of Object.values(queues())) {
      expect(inputs['sqsManagedSseEnabled']).toBe(true);
      expect(inputs).not.toHaveProperty('fifoQueue');
    }
  });

  it('denies everybody everything over plain HTTP, on both queues', () => {
    const policies = allOf(recording, 'aws:sqs/queuePolicy:QueuePolicy');
    expect(policies.map(({ inputs }) => inputs['queueUrl']).toSorted()).toEqual([
      'https://sqs.eu-west-1.amazonaws.com/123456789012/orders-0a1b2c3',
      'https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead-letters-0a1b2c3',
    ]);
    for (const { inputs } of policies) {
      expect(json(inputs['policy'])['Statement']).toEqual([
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Resource: expect.stringMatching(/^arn:aws:sqs:.*orders(-dead-letters)?-0a1b2c3$/),
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]);
    }
  });
});

describe('StoredSecret', () => {
  it('marks its value as secret though the caller did not', async () => {
    const recording = await recordResources(() => {
      new StoredSecret('token', { description: 'A token', value: 'hush' });
    });
    const { inputs } = one(recording, 'aws:secretsmanager/secretVersion:SecretVersion');
    expect(inputs['secretString']).toEqual({
      '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
      value: 'hush',
    });
  });
});

describe('NodeFunction', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      new NodeFunction('worker', {
        ...functionArgs,
        permissions: [mayRead('arn:aws:secretsmanager:eu-west-1:123456789012:secret:token')],
        environment: { COLOUR: 'green' },
      });
    });
  });

  const lambda = () => one(recording, 'aws:lambda/function:Function').inputs;

  it('runs on Node 24 and arm64', () => {
    expect(lambda()).toMatchObject({ runtime: 'nodejs24.x', architectures: ['arm64'] });
  });

  it('carries its bundle as one file, which holds what the handler setting names', async () => {
    const { code } = lambda();
    if (!(code instanceof asset.AssetArchive)) throw new Error('no archive');
    const files = await code.assets;
    expect(Object.keys(files)).toEqual(['handler.mjs']);
    const file = files['handler.mjs'];
    if (!(file instanceof asset.StringAsset)) throw new Error('no text');
    expect(await file.text).toMatch(/export\{.*as handler\}/);
    expect(lambda()['handler']).toBe('handler.handler');
  });

  it('may do what it was allowed, and write to the streams of its own log group', () => {
    const { inputs } = one(recording, 'aws:iam/rolePolicy:RolePolicy');
    expect(json(inputs['policy'])['Statement']).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: 'arn:aws:cloudwatch:eu-west-1:123456789012:worker-logs-0a1b2c3:*',
      },
      {
        Effect: 'Allow',
        Action: ['secretsmanager:GetSecretValue'],
        Resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token',
      },
    ]);
    expect(allOf(recording, 'aws:iam/rolePolicyAttachment:RolePolicyAttachment')).toEqual([]);
  });

  it('has a role that Lambda alone may take on', () => {
    const { inputs } = one(recording, 'aws:iam/role:Role');
    expect(json(inputs['assumeRolePolicy'])['Statement']).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      },
    ]);
    expect(inputs).not.toHaveProperty('managedPolicyArns');
  });

  it('logs to its own group, for as long as was said', () => {
    const { inputs } = one(recording, 'aws:cloudwatch/logGroup:LogGroup');
    expect(inputs['retentionInDays']).toBe(30);
    expect(lambda()['loggingConfig']).toEqual({
      logFormat: 'JSON',
      logGroup: 'worker-logs-0a1b2c3',
    });
  });

  it('has its own environment beside its name in logs and metrics', () => {
    expect(lambda()['environment']).toEqual({
      variables: {
        COLOUR: 'green',
        POWERTOOLS_SERVICE_NAME: 'worker',
        POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
      },
    });
  });

  it('reserves no concurrency unless told', async () => {
    expect(lambda()).not.toHaveProperty('reservedConcurrentExecutions');
    const told = await recordResources(() => {
      new NodeFunction('worker', { ...functionArgs, reservedConcurrency: 5 });
    });
    const { inputs } = one(told, 'aws:lambda/function:Function');
    expect(inputs['reservedConcurrentExecutions']).toBe(5);
  });
});

describe('QueueWorker', () => {
  const build = (consumerTimeoutSeconds: number) =>
    new QueueWorker('work', {
      queue: new RedrivableQueue('orders', { consumerTimeoutSeconds, consumerTries: 18 }),
      worker: new NodeFunction('worker', functionArgs),
      batchSize: 50,
      batchWindowSeconds: 1,
      maximumConcurrency: 5,
    });

  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      build(functionArgs.timeoutSeconds);
    });
  });

  it('hands over batches of bounded size to a bounded number of instances, which answer for each message', () => {
    expect(one(recording, 'aws:lambda/eventSourceMapping:EventSourceMapping').inputs).toMatchObject(
      {
        eventSourceArn: 'arn:aws:sqs:eu-west-1:123456789012:orders-0a1b2c3',
        functionResponseTypes: ['ReportBatchItemFailures'],
        batchSize: 50,
        maximumBatchingWindowInSeconds: 1,
        scalingConfig: { maximumConcurrency: 5 },
      },
    );
  });

  it('tells Lambda that a message sent again by its consumer is no runaway loop', () => {
    expect(
      one(recording, 'aws:lambda/functionRecursionConfig:FunctionRecursionConfig').inputs,
    ).toEqual({ functionName: 'worker-0a1b2c3', recursiveLoop: 'Allow' });
  });

  it('refuses a queue that hands a message over again while the function still works on it', async () => {
    await recordResources(() => {
      expect(() => build(functionArgs.timeoutSeconds - 1)).toThrow(
        'the queue hides a message for 114 s, too short for a function with a timeout of 20 s',
      );
    });
  });
});

describe('WebhookApi', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      const handler = new NodeFunction('door', functionArgs);
      const routes = { '/twilio/task-events': new NodeFunction('side-door', functionArgs) };
      return { url: new WebhookApi('webhooks', { handler, routes }).url };
    });
  });

  /** What stands behind the API's URL, to the function that is called for it. */
  const served = ({ resources }: Recording) =>
    Object.fromEntries(
      resources
        .filter(({ type }) => type === 'aws:apigatewayv2/route:Route')
        .map(({ inputs: { routeKey, target } }) => {
          const integration = resources.find(({ name }) => target === `integrations/${name}-id`);
          return [routeKey, integration?.inputs['integrationUri']];
        }),
    );

  it('hands the POSTs of a route to its function, and all else to the handler', () => {
    expect(served(recording)).toEqual({
      $default: 'arn:aws:lambda:eu-west-1:123456789012:door-0a1b2c3',
      'POST /twilio/task-events': 'arn:aws:lambda:eu-west-1:123456789012:side-door-0a1b2c3',
    });
  });

  it('has nothing but the handler where there are no routes', async () => {
    const plain = await recordResources(() => {
      new WebhookApi('webhooks', { handler: new NodeFunction('door', functionArgs) });
    });
    expect(Object.keys(served(plain))).toEqual(['$default']);
    expect(allOf(plain, 'aws:lambda/permission:Permission')).toHaveLength(1);
  });

  it('posts to the functions in payload format 2.0', () => {
    for (const { inputs } of allOf(recording, 'aws:apigatewayv2/integration:Integration')) {
      expect(inputs).toMatchObject({
        apiId: 'webhooks-id',
        integrationType: 'AWS_PROXY',
        integrationMethod: 'POST',
        payloadFormatVersion: '2.0',
      });
    }
  });

  it('lets this API alone call each function, for its own route alone', () => {
    const permissions = allOf(recording, 'aws:lambda/permission:Permission');
    const byFunction = Object.fromEntries(
      permissions.map(({ inputs: { function: called, ...rest } }) => [called, rest]),
    );
    const api = 'arn:aws:execute-api:eu-west-1:123456789012:webhooks-0a1b2c3';
    const call = { action: 'lambda:InvokeFunction', principal: 'apigateway.amazonaws.com' };
    expect(permissions).toHaveLength(2);
    expect(byFunction).toEqual({
      'door-0a1b2c3': { ...call, sourceArn: `${api}/*/$default` },
      'side-door-0a1b2c3': { ...call, sourceArn: `${api}/*/POST/twilio/task-events` },
    });
  });

  it('is at once what was last deployed, at a URL without a stage in it', () => {
    expect(one(recording, 'aws:apigatewayv2/stage:Stage').inputs).toMatchObject({
      name: '$default',
      autoDeploy: true,
    });
    expect(recording.outputs['url']).toBe(
      'https://webhooks-0a1b2c3.execute-api.eu-west-1.amazonaws.com',
    );
  });
});
