import { Queue } from '@pulumi/aws/sqs/queue.js';
import { QueuePolicy } from '@pulumi/aws/sqs/queuePolicy.js';
import { asset } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AccessLog } from '../../infra/components/access-log.ts';
import { EncryptionKey, type EncryptionKeyArgs } from '../../infra/components/encryption-key.ts';
import { NodeFunction, type NodeFunctionArgs } from '../../infra/components/node-function.ts';
import { QueueWorker } from '../../infra/components/queue-worker.ts';
import { RedrivableQueue } from '../../infra/components/redrivable-queue.ts';
import { StoredSecret } from '../../infra/components/stored-secret.ts';
import { WebhookApi, type WebhookApiArgs } from '../../infra/components/webhook-api.ts';
import { mayRead } from '../../infra/policies/permissions.ts';
import { tagAllResources } from '../../infra/tags.ts';
import { allOf, one, type Recording, recordResources } from './record-resources.ts';
import { givenKey, keyArn, keyUse, surroundings } from './surroundings.ts';

const functionArgs = (): NodeFunctionArgs => ({
  common: surroundings(),
  entry: 'test/infra/fixtures/handler.ts',
  service: 'worker',
  description: 'Does the work',
  permissions: [],
  environment: {},
  timeoutSeconds,
  memoryMegabytes: 256,
});
const timeoutSeconds = 20;

const queueArgs = (consumerTimeoutSeconds = timeoutSeconds) => ({
  key: givenKey(),
  consumerTimeoutSeconds,
  consumerTries: 18,
  keepDeadLetters: false,
});

const StatementsBySid = z.array(
  z.looseObject({ Sid: z.string(), Action: z.union([z.string(), z.array(z.string())]) }),
);

const json = (value: unknown): Record<string, unknown> => JSON.parse(String(value));

describe('RedrivableQueue', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      new RedrivableQueue('orders', queueArgs());
    });
  });

  const queues = () => ({
    queue: one(recording, 'aws:sqs/queue:Queue', 'orders'),
    deadLetters: one(recording, 'aws:sqs/queue:Queue', 'dead-letters'),
  });

  it('sends to its own dead-letter queue what was handed over too often', () => {
    expect(json(queues().queue.inputs['redrivePolicy'])).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:123456789012:orders-dead-letters-0a1b2c3',
      maxReceiveCount: 23_400 / 120 + 18,
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

  it('encrypts both queues with the key, and both are standard', () => {
    for (const { inputs } of Object.values(queues())) {
      expect(inputs['kmsMasterKeyId']).toBe(keyArn);
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
      new StoredSecret('token', { key: givenKey(), description: 'A token', value: 'hush' });
    });
    const { inputs } = one(recording, 'aws:secretsmanager/secretVersion:SecretVersion');
    expect(inputs['secretString']).toEqual({
      '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
      value: 'hush',
    });
  });
});

describe('NodeFunction', () => {
  const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token';
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      new NodeFunction('worker', {
        ...functionArgs(),
        permissions: mayRead([{ arn: secretArn, keyArn }]),
        environment: { COLOUR: 'green' },
      });
    });
  });

  const lambda = () => one(recording, 'aws:lambda/function:Function').inputs;

  it('runs on Node 24 and arm64', () => {
    expect(lambda()).toMatchObject({ runtime: 'nodejs24.x', architectures: ['arm64'] });
  });

  it('carries its bundle, which holds what the handler setting names, and its source map', async () => {
    const { code } = lambda();
    if (!(code instanceof asset.AssetArchive)) throw new Error('no archive');
    const files = await code.assets;
    expect(Object.keys(files)).toEqual(['handler.mjs', 'handler.mjs.map']);
    const texts = await Promise.all(
      Object.values(files).map((file) => {
        if (!(file instanceof asset.StringAsset)) throw new Error('no text');
        return file.text;
      }),
    );
    expect(texts[0]).toMatch(/export\{.*as handler\}/);
    expect(JSON.parse(texts[1] ?? '').sources).toContain('test/infra/fixtures/handler.ts');
    expect(lambda()['handler']).toBe('handler.handler');
  });

  it('may do what it was allowed, write to the streams of its own log group, and trace', () => {
    const { inputs } = one(recording, 'aws:iam/rolePolicy:RolePolicy');
    expect(json(inputs['policy'])['Statement']).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: 'arn:aws:cloudwatch:eu-west-1:123456789012:worker-logs-0a1b2c3:*',
      },
      {
        Effect: 'Allow',
        Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
        Resource: '*',
      },
      { Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: [secretArn] },
      keyUse('secretsmanager', ['kms:Decrypt'], [secretArn]),
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
    expect(inputs).toMatchObject({ retentionInDays: 30, kmsKeyId: keyArn });
    expect(lambda()['loggingConfig']).toEqual({
      logFormat: 'JSON',
      logGroup: 'worker-logs-0a1b2c3',
    });
  });

  it('has its own environment beside its name in logs and metrics', () => {
    expect(lambda()['environment']).toEqual({
      variables: {
        COLOUR: 'green',
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: 'worker',
        POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync/test',
      },
    });
  });

  it('reserves no concurrency unless told', async () => {
    expect(lambda()).not.toHaveProperty('reservedConcurrentExecutions');
    const told = await recordResources(() => {
      new NodeFunction('worker', { ...functionArgs(), reservedConcurrency: 5 });
    });
    const { inputs } = one(told, 'aws:lambda/function:Function');
    expect(inputs['reservedConcurrentExecutions']).toBe(5);
  });
});

describe('QueueWorker', () => {
  const build = (consumerTimeoutSeconds: number) =>
    new QueueWorker('work', {
      queue: new RedrivableQueue('orders', queueArgs(consumerTimeoutSeconds)),
      worker: new NodeFunction('worker', functionArgs()),
      batchSize: 50,
      batchWindowSeconds: 1,
      maximumConcurrency: 5,
    });

  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      build(timeoutSeconds);
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
      expect(() => build(timeoutSeconds - 1)).toThrow(
        'the visibility timeout of the queue is 114 s, too short for a function with a timeout of 20 s',
      );
    });
  });
});

describe('WebhookApi', () => {
  const build = (changed: Partial<WebhookApiArgs> = {}) => {
    const handler = new NodeFunction('door', functionArgs());
    return new WebhookApi('webhooks', {
      handler,
      routes: [
        { path: '/webhooks/forms', handler },
        { path: '/webhooks/soap/{token}', handler },
        { path: '/twilio/task-events', handler: new NodeFunction('side-door', functionArgs()) },
      ],
      limits: { requestsPerSecond: 7, burst: 9 },
      defaultLimits: { requestsPerSecond: 2, burst: 3 },
      accessLog: new AccessLog('access-log', surroundings()),
      ...changed,
    });
  };

  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => ({ url: build().url }));
  });
  const stage = (of: Recording) => one(of, 'aws:apigatewayv2/stage:Stage').inputs;

  it('hands the POSTs of a route to its function, and all else to the handler', () => {
    const served = Object.fromEntries(
      allOf(recording, 'aws:apigatewayv2/route:Route').map(({ inputs: { routeKey, target } }) => {
        const integration = recording.resources.find(
          ({ name }) => target === `integrations/${name}-id`,
        );
        return [routeKey, integration?.inputs['integrationUri']];
      }),
    );
    const arn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:${name}-0a1b2c3`;
    expect(served).toEqual({
      $default: arn('door'),
      'POST /webhooks/forms': arn('door'),
      'POST /webhooks/soap/{token}': arn('door'),
      'POST /twilio/task-events': arn('side-door'),
    });
  });

  it('has nothing but the handler where there are no routes', async () => {
    const plain = await recordResources(() => {
      build({ routes: [] });
    });
    expect(allOf(plain, 'aws:apigatewayv2/route:Route')).toHaveLength(1);
    expect(allOf(plain, 'aws:lambda/permission:Permission')).toHaveLength(1);
    expect(stage(plain)['routeSettings']).toEqual([]);
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

  it('lets this API alone call each function, for its own routes alone', () => {
    const permissions = allOf(recording, 'aws:lambda/permission:Permission');
    const ways = permissions.map(({ inputs: { function: called, sourceArn } }) => [
      called,
      sourceArn,
    ]);
    const api = 'arn:aws:execute-api:eu-west-1:123456789012:webhooks-0a1b2c3';
    expect(ways.toSorted()).toEqual([
      ['door-0a1b2c3', `${api}/*/$default`],
      ['door-0a1b2c3', `${api}/*/POST/webhooks/forms`],
      ['door-0a1b2c3', `${api}/*/POST/webhooks/soap/*`],
      ['side-door-0a1b2c3', `${api}/*/POST/twilio/task-events`],
    ]);
    for (const { inputs } of permissions) {
      expect(inputs).toMatchObject({
        action: 'lambda:InvokeFunction',
        principal: 'apigateway.amazonaws.com',
      });
    }
  });

  it('is at once what was last deployed, at a URL without a stage in it', () => {
    expect(stage(recording)).toMatchObject({ name: '$default', autoDeploy: true });
    expect(recording.outputs['url']).toBe(
      'https://webhooks-0a1b2c3.execute-api.eu-west-1.amazonaws.com',
    );
  });

  it('has limits for each route by itself, and for all other requests together', () => {
    const limits = { throttlingRateLimit: 7, throttlingBurstLimit: 9 };
    expect(stage(recording)['defaultRouteSettings']).toEqual({
      throttlingRateLimit: 2,
      throttlingBurstLimit: 3,
    });
    expect(stage(recording)['routeSettings']).toEqual([
      { routeKey: 'POST /webhooks/forms', ...limits },
      { routeKey: 'POST /webhooks/soap/{token}', ...limits },
      { routeKey: 'POST /twilio/task-events', ...limits },
    ]);
  });

  it('is its own host where it has no other', () => {
    const { inputs } = one(recording, 'aws:apigatewayv2/api:Api');
    expect(inputs).toMatchObject({ protocolType: 'HTTP', disableExecuteApiEndpoint: false });
    expect(allOf(recording, 'aws:apigatewayv2/domainName:DomainName')).toEqual([]);
  });

  describe('with a host of one’s own', () => {
    const domain = {
      name: 'hooks.acme.com',
      keepApiHost: false,
      certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d',
    };
    const hosted = (hostedZoneId?: string) =>
      recordResources(() => {
        const { url, domainTarget } = build({ domain: { ...domain, hostedZoneId } });
        return { url, domainTarget };
      });

    it('is behind that host alone, by TLS 1.2 at the least', async () => {
      const own = await hosted();
      expect(one(own, 'aws:apigatewayv2/api:Api').inputs['disableExecuteApiEndpoint']).toBe(true);
      expect(one(own, 'aws:apigatewayv2/domainName:DomainName').inputs).toMatchObject({
        domainName: domain.name,
        domainNameConfiguration: {
          certificateArn: domain.certificateArn,
          endpointType: 'REGIONAL',
          securityPolicy: 'TLS_1_2',
        },
      });
      expect(one(own, 'aws:apigatewayv2/apiMapping:ApiMapping').inputs).toEqual({
        apiId: 'webhooks-id',
        domainName: 'webhooks-domain-id',
        stage: '$default',
      });
      expect(own.outputs).toMatchObject({
        url: 'https://hooks.acme.com',
        domainTarget: 'd-0a1b2c3.execute-api.eu-west-1.amazonaws.com',
      });
      expect(allOf(own, 'aws:route53/record:Record')).toEqual([]);
    });

    it('is behind the API’s own host as well, while that is kept', async () => {
      const both = await recordResources(() => {
        build({ domain: { ...domain, keepApiHost: true } });
      });
      expect(one(both, 'aws:apigatewayv2/api:Api').inputs['disableExecuteApiEndpoint']).toBe(false);
    });

    it('has its name written to the zone that is given', async () => {
      expect(one(await hosted('Z0123456789'), 'aws:route53/record:Record').inputs).toEqual({
        zoneId: 'Z0123456789',
        name: domain.name,
        type: 'A',
        aliases: [
          {
            name: 'd-0a1b2c3.execute-api.eu-west-1.amazonaws.com',
            zoneId: 'ZLY8HYME6SFDD',
            evaluateTargetHealth: false,
          },
        ],
      });
    });
  });
});

describe('AccessLog', () => {
  let recording: Recording;
  let format: Record<string, string>;
  beforeAll(async () => {
    recording = await recordResources(() => {
      format = JSON.parse(new AccessLog('access-log', surroundings()).format);
    });
  });

  it('tells which route, from where and what came of it', () => {
    for (const variable of ['routeKey', 'identity.sourceIp', 'status', 'requestId']) {
      expect(Object.values(format)).toContain(`$context.${variable}`);
    }
  });

  it('tells nothing that may hold PHI or a secret', () => {
    expect(JSON.stringify(format)).not.toMatch(
      /path|rawPath|query|body|header|authorizer|userAgent|cookie/i,
    );
  });

  it('is encrypted, and kept as long as the other logs', () => {
    expect(one(recording, 'aws:cloudwatch/logGroup:LogGroup').inputs).toMatchObject({
      retentionInDays: 30,
      kmsKeyId: keyArn,
    });
  });
});

describe('EncryptionKey', () => {
  const build = (changed: Partial<EncryptionKeyArgs> = {}) =>
    recordResources(() => {
      const key = new EncryptionKey('safe-key', {
        prefix: 'safe',
        deletionWindowDays: 7,
        keep: false,
        ...changed,
      });
      return { arn: key.arn };
    });
  const statements = (recording: Recording) => {
    const policy = json(one(recording, 'aws:kms/keyPolicy:KeyPolicy').inputs['policy']);
    return new Map(
      StatementsBySid.parse(policy['Statement']).map((statement) => [statement.Sid, statement]),
    );
  };
  const root = { AWS: 'arn:aws:iam::123456789012:root' };

  it('is renewed every year, and can be called back while the stack is long gone', async () => {
    const recording = await build();
    expect(one(recording, 'aws:kms/key:Key').inputs).toMatchObject({
      enableKeyRotation: true,
      deletionWindowInDays: 7,
    });
    expect(one(recording, 'aws:kms/alias:Alias').inputs['name']).toBe('alias/safe');
  });

  it('is its account’s, and used by services for what bears the stack’s name alone', async () => {
    const found = statements(await build());
    expect([...found.keys()]).toEqual(['Account', 'Logs', 'Alarms', 'Events']);
    expect(found.get('Account')).toMatchObject({ Principal: root, Action: 'kms:*' });
    expect(found.get('Logs')).toMatchObject({
      Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': [
            'arn:aws:logs:eu-west-1:123456789012:log-group:safe-*',
            'arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/apis/safe-*',
          ],
        },
      },
    });
    expect(found.get('Alarms')).toMatchObject({
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: {
        ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:safe-*' },
      },
    });
    expect(found.get('Events')).toMatchObject({
      Principal: { Service: 'events.amazonaws.com' },
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:sqs:arn': 'arn:aws:sqs:eu-west-1:123456789012:safe-*',
        },
      },
    });
  });

  it('is administered by those alone who are named, where some are', async () => {
    const administrators = ['arn:aws:iam::123456789012:role/security'];
    const found = statements(await build({ administrators }));
    expect(found.get('Account')).toMatchObject({ Principal: root });
    expect(found.get('Account')?.Action).not.toContain('kms:PutKeyPolicy');
    expect(found.get('Administrators')).toMatchObject({ Principal: { AWS: administrators } });
    expect(found.get('Administrators')?.Action).toContain('kms:PutKeyPolicy');
    expect(found.get('Administrators')?.Action).not.toContain('kms:Decrypt');
  });

  it('is the one that there is already, where one is given, and nothing is made', async () => {
    const recording = await build({ arn: keyArn });
    expect(recording.resources.filter(({ type }) => type.startsWith('aws:'))).toEqual([]);
    expect(recording.outputs['arn']).toBe(keyArn);
  });
});

describe('tagEverything', () => {
  it('tags what can be tagged, with what is given before what is usual, and leaves what a resource says itself', async () => {
    const recording = await recordResources(() => {
      tagAllResources(
        { application: 'ours', stack: 'test' },
        { team: 'voice', Application: 'yours' },
      );
      new Queue('plain');
      new Queue('tagged', { tags: { team: 'chat' } });
      new QueuePolicy('untaggable', { queueUrl: 'https://sqs', policy: '{}' });
    });
    const tags = Object.fromEntries(
      recording.resources.map(({ name, inputs }) => [name, inputs['tags']]),
    );
    const all = { stack: 'test', team: 'voice', Application: 'yours' };
    expect(tags['plain']).toEqual(all);
    expect(tags['tagged']).toEqual({ ...all, team: 'chat' });
    expect(tags['untaggable']).toBeUndefined();
  });
});
