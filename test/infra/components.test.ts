import { setTimeout } from 'node:timers/promises';
import { Queue } from '@pulumi/aws/sqs/queue.js';
import { QueuePolicy } from '@pulumi/aws/sqs/queuePolicy.js';
import { ComponentResource, runtime } from '@pulumi/pulumi';
import { describe, expect, it } from 'vitest';
import { EncryptionKey } from '../../infra/components/encryption-key.ts';
import {
  EventDeadLetterQueue,
  EventDelivery,
  PartnerEventBus,
} from '../../infra/components/event-bridge.ts';
import { NodeFunction, type NodeFunctionArgs } from '../../infra/components/node-function.ts';
import { QueueWorker, SyncQueues } from '../../infra/components/sync-queues.ts';
import { AccessLog, WebhookApi, type WebhookApiArgs } from '../../infra/components/webhook-api.ts';
import { addTags } from '../../infra/tags.ts';
import { allOf, filesOf, one, recordResources } from '../../tools/engine/record-resources.ts';
import { functionArgs, givenKey, keyArn, surroundings } from './surroundings.ts';

// Encryption, permissions, limits, retention and the like are rules about every stack: test/infra/rules.

it('NodeFunction has an archive with the bundle of its handler, and the source map', async () => {
  const recording = await recordResources(() => {
    new NodeFunction('worker', functionArgs());
  });
  const { code, handler } = one(recording, 'aws:lambda/function:Function').inputs;
  const files = await filesOf(code);
  expect(Object.keys(files)).toEqual(['handler.mjs', 'handler.mjs.map']);
  expect(files['handler.mjs']).toMatch(/export\{.*as handler\}/);
  expect(JSON.parse(files['handler.mjs.map'] ?? '').sources).toContain(
    'test/infra/fixtures/handler.ts',
  );
  expect(handler).toBe('handler.handler');
});

describe('QueueWorker', () => {
  const build = (consumerTimeoutSeconds: number) =>
    new QueueWorker('work', {
      queues: new SyncQueues('queues', {
        prefix: 'orders',
        key: givenKey(),
        consumerTimeoutSeconds,
        keepDeadLetters: false,
      }),
      worker: new NodeFunction('worker', functionArgs()),
      concurrentRequests: 72,
    });

  it('turns off Lambda’s recursive loop detection for its function', async () => {
    const recording = await recordResources(() => {
      build(20);
    });
    expect(
      one(recording, 'aws:lambda/functionRecursionConfig:FunctionRecursionConfig').inputs,
    ).toEqual({ functionName: 'worker-0a1b2c3', recursiveLoop: 'Allow' });
  });

  it('rejects a queue whose visibility timeout is too short for the function', async () => {
    await recordResources(() => {
      expect(() => build(19)).toThrow(
        'the visibility timeout of the queues is 114 s, too short for a function with a timeout of 20 s',
      );
    });
  });
});

describe('WebhookApi', async () => {
  const build = (changed: Partial<WebhookApiArgs> = {}) => {
    const handler = new NodeFunction('crm', functionArgs());
    return new WebhookApi('webhooks', {
      handler,
      routes: [
        { path: '/webhooks/forms', handler },
        { path: '/webhooks/soap/{token}', handler },
        { path: '/twilio/task-events', handler: new NodeFunction('twilio', functionArgs()) },
      ],
      limits: { requestsPerSecond: 7, burst: 9 },
      defaultLimits: { requestsPerSecond: 2, burst: 3 },
      accessLog: new AccessLog('access-log', surroundings()),
      ...changed,
    });
  };
  const recording = await recordResources(() => ({ url: build().url }));

  it('sends the POSTs of a route to its function, and all other requests to the handler', () => {
    const served = Object.fromEntries(
      allOf(recording, 'aws:apigatewayv2/route:Route').map(({ inputs: { routeKey, target } }) => {
        const integration = recording.resources.find(
          ({ name }) => target === `integrations/${name}-id`,
        );
        return [routeKey, integration?.inputs['integrationUri']];
      }),
    );
    const arn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:${name}-0a1b2c3:live`;
    expect(served).toEqual({
      $default: arn('crm'),
      'POST /webhooks/forms': arn('crm'),
      'POST /webhooks/soap/{token}': arn('crm'),
      'POST /twilio/task-events': arn('twilio'),
    });
  });

  it('invokes the functions with payload format 2.0', () => {
    for (const { inputs } of allOf(recording, 'aws:apigatewayv2/integration:Integration')) {
      expect(inputs).toMatchObject({
        apiId: 'webhooks-id',
        integrationType: 'AWS_PROXY',
        integrationMethod: 'POST',
        payloadFormatVersion: '2.0',
      });
    }
  });

  it('has another route for the same source with a token in its path, and for a source of that name', async () => {
    const nameOf = async (path: `/${string}`) => {
      const { resources } = await recordResources(() => {
        const handler = new NodeFunction('another', functionArgs());
        build({ routes: [{ path, handler }] });
      });
      return resources.find(({ inputs }) => inputs['routeKey'] === `POST ${path}`)?.name;
    };
    const names = [
      await nameOf('/webhooks/soap'),
      await nameOf('/webhooks/soap/{token}'),
      await nameOf('/webhooks/soap-with-token'),
    ];
    expect(names.filter((name) => name === undefined)).toEqual([]);
    expect(new Set(names).size).toBe(3);
  });

  it('deploys at once, at a URL without a stage', () => {
    expect(one(recording, 'aws:apigatewayv2/stage:Stage').inputs).toMatchObject({
      name: '$default',
      autoDeploy: true,
    });
    expect(recording.outputs['url']).toBe(
      'https://webhooks-0a1b2c3.execute-api.eu-west-1.amazonaws.com',
    );
  });

  describe('with a custom domain', () => {
    const withDomain = (hostedZoneId?: string) =>
      recordResources(() => {
        const { url, domainTarget } = build({
          domain: {
            name: 'hooks.acme.com',
            keepApiHost: false,
            certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d',
            hostedZoneId,
          },
        });
        return { url, domainTarget };
      });

    it('has that URL, and the target for its DNS', async () => {
      const { outputs, resources } = await withDomain();
      expect(outputs).toMatchObject({
        url: 'https://hooks.acme.com',
        domainTarget: 'd-0a1b2c3.execute-api.eu-west-1.amazonaws.com',
      });
      expect(resources.filter(({ type }) => type.startsWith('aws:route53'))).toEqual([]);
    });

    it('adds a record to the hosted zone', async () => {
      expect(one(await withDomain('Z0123456789'), 'aws:route53/record:Record').inputs).toEqual({
        zoneId: 'Z0123456789',
        name: 'hooks.acme.com',
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

it('AccessLog holds the route, the source IP address and the status of each request', async () => {
  let format = '';
  await recordResources(() => {
    ({ format } = new AccessLog('access-log', surroundings()));
  });
  for (const variable of ['routeKey', 'identity.sourceIp', 'status', 'requestId']) {
    expect(Object.values(JSON.parse(format))).toContain(`$context.${variable}`);
  }
});

it.each([
  ['data', 'alias/safe'],
  ['alarms', 'alias/safe/alarms'],
] as const)('EncryptionKey of %s has the prefix of the stack in its alias', async (use, alias) => {
  const recording = await recordResources(() => {
    new EncryptionKey('safe-key', { use, prefix: 'safe', deletionWindowDays: 7, keep: false });
  });
  expect(one(recording, 'aws:kms/alias:Alias').inputs['name']).toBe(alias);
});

it('addTags prefers the tags of a resource to those of the configuration, to the defaults', async () => {
  const recording = await recordResources(() => {
    const tags = addTags(
      { application: 'ours', stack: 'test' },
      { team: 'voice', Application: 'yours' },
    );
    const parent = new ComponentResource('test:Component', 'c', {}, { transformations: [tags] });
    new Queue('plain', {}, { parent });
    new Queue('tagged', { tags: { team: 'chat' } }, { parent });
    new QueuePolicy('untaggable', { queueUrl: 'https://sqs', policy: '{}' }, { parent });
    new Queue('elsewhere');
  });
  const tags = Object.fromEntries(
    recording.resources.map(({ name, inputs }) => [name, inputs['tags']]),
  );
  const all = { stack: 'test', team: 'voice', Application: 'yours' };
  expect(tags['plain']).toEqual(all);
  expect(tags['tagged']).toEqual({ ...all, team: 'chat' });
  expect([tags['untaggable'], tags['elsewhere']]).toEqual([undefined, undefined]);
});

const partner = {
  source: 'salesforce',
  partnerEventSource: 'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001AAA',
  detailTypes: ['CaseChangeEvent', 'CaseCommentChangeEvent'],
};

describe('PartnerEventBus', () => {
  it('has a rule for the given types of events of the partner', async () => {
    const recording = await recordResources(() => {
      new PartnerEventBus('crm', partner);
    });
    const { inputs } = one(recording, 'aws:cloudwatch/eventRule:EventRule');
    expect(inputs['eventBusName']).toBe(partner.partnerEventSource);
    expect(JSON.parse(String(inputs['eventPattern']))).toEqual({
      source: [partner.partnerEventSource],
      'detail-type': ['CaseChangeEvent', 'CaseCommentChangeEvent'],
    });
  });

  it('has a rule with a name of 64 characters at most, for any names of stack and source', async () => {
    const source = `s${'-'.repeat(31)}`;
    const longest = await recordResources(() => {
      new PartnerEventBus(`crm-media-sync-${'p'.repeat(20)}-${source}`, { ...partner, source });
    });
    const { inputs } = one(longest, 'aws:cloudwatch/eventRule:EventRule');
    expect(inputs['name']).toMatch(/^[.\-_A-Za-z0-9]{1,64}$/);
  });
});

describe('EventDelivery', () => {
  const deadLetterArn = 'arn:aws:sqs:eu-west-1:123456789012:events-dead-letters-0a1b2c3';
  const build = (deadLetterQueue: NodeFunctionArgs['deadLetterQueue']) => {
    const events = new PartnerEventBus('crm', partner);
    const handler = new NodeFunction('handler', functionArgs({ deadLetterQueue }));
    const rules = [events.ruleArn];
    const queue = new EventDeadLetterQueue('events', { key: givenKey(), rules, keep: false });
    new EventDelivery('delivery', { events, handler, deadLetterQueue: queue });
  };
  const buildWhole = () => build({ arn: deadLetterArn, keyArn });

  it('delivers the whole events of the rule to the function, and retries for a day', async () => {
    const recording = await recordResources(buildWhole);
    const target = one(recording, 'aws:cloudwatch/eventTarget:EventTarget').inputs;
    expect(target).toEqual({
      eventBusName: partner.partnerEventSource,
      rule: 'salesforce',
      arn: 'arn:aws:lambda:eu-west-1:123456789012:handler-0a1b2c3:live',
      retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
      deadLetterConfig: { arn: deadLetterArn },
    });
  });

  it.each([
    ['may invoke the function', 'Permission'],
    ['may send to the dead-letter queue', 'QueuePolicy'],
  ])('starts only after EventBridge %s', async (_, late) => {
    const created: string[] = [];
    let createdBefore: string[] = [];
    await runtime.setMocks({
      newResource: async ({ type, name, inputs }) => {
        const kind = type.split(':').at(-1) ?? '';
        if (kind === 'EventTarget') createdBefore = [...created];
        // Long enough for a target that does not wait.
        if (kind === late) await setTimeout(500);
        created.push(kind);
        return { id: name, state: { ...inputs, name, arn: name, url: name } };
      },
      call: () => ({}),
    });
    await runtime.runInPulumiStack(async () => buildWhole());
    await runtime.disconnect();
    expect(createdBefore).toContain(late);
  });

  it('rejects a function without a dead-letter queue for the events that it fails on', async () => {
    await recordResources(() => {
      expect(() => build(undefined)).toThrow('Set deadLetterQueue on the function');
    });
  });
});
