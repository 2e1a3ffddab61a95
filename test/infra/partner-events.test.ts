import { setTimeout } from 'node:timers/promises';
import { runtime } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import { EventDeadLetterQueue } from '../../infra/components/event-dead-letter-queue.ts';
import { EventDelivery } from '../../infra/components/event-delivery.ts';
import { NodeFunction, type NodeFunctionArgs } from '../../infra/components/node-function.ts';
import { PartnerEventBus } from '../../infra/components/partner-event-bus.ts';
import { allOf, one, type Recording, recordResources } from './record-resources.ts';
import { givenKey, keyArn, keyUse, surroundings } from './surroundings.ts';

const partnerEventSource = 'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001AAA';
const deadLetterArn = 'arn:aws:sqs:eu-west-1:123456789012:events-dead-letters-0a1b2c3';

const partner = {
  source: 'salesforce',
  partnerEventSource,
  detailTypes: ['CaseChangeEvent', 'CaseCommentChangeEvent'],
};

const functionArgs = (): NodeFunctionArgs => ({
  common: surroundings(),
  entry: 'test/infra/fixtures/handler.ts',
  service: 'door',
  description: 'Takes events in',
  permissions: [],
  environment: {},
  timeoutSeconds: 10,
  memoryMegabytes: 256,
});
const deadLetters = { arn: deadLetterArn, keyArn };

const json = (value: unknown): Record<string, unknown> => JSON.parse(String(value));

describe('PartnerEventBus', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => {
      new PartnerEventBus('crm', partner);
    });
  });

  it('takes the partner event source up with a bus of its name', () => {
    expect(one(recording, 'aws:cloudwatch/eventBus:EventBus').inputs).toEqual({
      name: partnerEventSource,
      eventSourceName: partnerEventSource,
    });
  });

  it('picks the events of the partner that are of the given types, and no others', () => {
    const { inputs } = one(recording, 'aws:cloudwatch/eventRule:EventRule');
    expect(inputs['eventBusName']).toBe(partnerEventSource);
    expect(json(inputs['eventPattern'])).toEqual({
      source: [partnerEventSource],
      'detail-type': ['CaseChangeEvent', 'CaseCommentChangeEvent'],
    });
  });

  it('has a rule whose name fits, however long the names of the stack and the source are', async () => {
    const source = `s${'-'.repeat(31)}`;
    const longest = await recordResources(() => {
      new PartnerEventBus(`crm-media-sync-${'p'.repeat(20)}-${source}`, { ...partner, source });
    });
    const { inputs } = one(longest, 'aws:cloudwatch/eventRule:EventRule');
    expect(inputs['name']).toMatch(/^[.\-_A-Za-z0-9]{1,64}$/);
  });
});

describe('EventDeadLetterQueue', () => {
  const record = (rules: readonly string[]) =>
    recordResources(() => {
      new EventDeadLetterQueue('events', { key: givenKey(), rules, keep: false });
    });
  const statements = (recording: Recording) => {
    const { inputs } = one(recording, 'aws:sqs/queuePolicy:QueuePolicy');
    expect(inputs['queueUrl']).toMatch(/\/events-dead-letters-0a1b2c3$/);
    return json(inputs['policy'])['Statement'];
  };
  const tlsOnly = {
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: deadLetterArn,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };

  it('keep the largest event there is for 14 days, encrypted', async () => {
    const { inputs } = one(await record([]), 'aws:sqs/queue:Queue');
    expect(inputs).toEqual({
      messageRetentionSeconds: 14 * 24 * 3600,
      maxMessageSize: 1_048_576,
      kmsMasterKeyId: keyArn,
    });
  });

  it('let EventBridge send for the given rules alone, and nobody over plain HTTP', async () => {
    const rules = ['one', 'two'].map(
      (name) => `arn:aws:events:eu-west-1:123456789012:rule/${name}`,
    );
    expect(statements(await record(rules))).toEqual([
      tlsOnly,
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: deadLetterArn,
        Condition: { ArnEquals: { 'aws:SourceArn': rules } },
      },
    ]);
  });

  it('let nobody send where there is no rule', async () => {
    expect(statements(await record([]))).toEqual([tlsOnly]);
  });
});

describe('EventDelivery', () => {
  const build = (handlerArgs: Partial<NodeFunctionArgs>) => {
    const events = new PartnerEventBus('crm', partner);
    const rules = [events.ruleArn];
    const deadLetters = new EventDeadLetterQueue('events', { key: givenKey(), rules, keep: false });
    const handler = new NodeFunction('door', { ...functionArgs(), ...handlerArgs });
    new EventDelivery('delivery', { events, handler, deadLetterQueue: deadLetters });
  };

  let recording: Recording;
  beforeAll(async () => {
    recording = await recordResources(() => build({ deadLetterQueue: deadLetters }));
  });

  const target = () => one(recording, 'aws:cloudwatch/eventTarget:EventTarget').inputs;

  it('hands the events of the rule on that bus to the function, whole', () => {
    expect(target()).toMatchObject({
      eventBusName: partnerEventSource,
      rule: 'salesforce',
      arn: 'arn:aws:lambda:eu-west-1:123456789012:door-0a1b2c3',
    });
    for (const part of ['input', 'inputPath', 'inputTransformer']) {
      expect(target()).not.toHaveProperty(part);
    }
  });

  it('tries for a day and as often as EventBridge can, then keeps the event', () => {
    expect(target()).toMatchObject({
      retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
      deadLetterConfig: { arn: deadLetterArn },
    });
  });

  it('lets this rule alone call the function', () => {
    expect(one(recording, 'aws:lambda/permission:Permission').inputs).toEqual({
      action: 'lambda:InvokeFunction',
      function: 'door-0a1b2c3',
      principal: 'events.amazonaws.com',
      sourceArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:salesforce',
    });
  });

  it.each([
    ['may call the function', 'Permission'],
    ['may send to the dead letters', 'QueuePolicy'],
  ])('begins only when EventBridge %s', async (_, late) => {
    const made: string[] = [];
    let madeBefore: string[] = [];
    await runtime.setMocks({
      newResource: async ({ type, name, inputs }) => {
        const kind = type.split(':').at(-1) ?? '';
        if (kind === 'EventTarget') madeBefore = [...made];
        if (kind === late) await setTimeout(500);
        made.push(kind);
        return { id: name, state: { ...inputs, name, arn: name, url: name } };
      },
      call: () => ({}),
    });
    await runtime.runInPulumiStack(async () => build({ deadLetterQueue: deadLetters }));
    await runtime.disconnect();
    expect(madeBefore).toContain(late);
  });

  it('refuses a function that would lose the events it fails on', async () => {
    await recordResources(() => {
      expect(() => build({})).toThrow('Set deadLetterQueue on the function');
    });
  });
});

describe('NodeFunction with dead letters', () => {
  const record = (args: Partial<NodeFunctionArgs>) =>
    recordResources(() => {
      new NodeFunction('door', { ...functionArgs(), ...args });
    });
  const lambda = (recording: Recording) => one(recording, 'aws:lambda/function:Function').inputs;
  const allowedToSend = (recording: Recording) =>
    JSON.stringify(allOf(recording, 'aws:iam/rolePolicy:RolePolicy')).includes('sqs:SendMessage');

  it('keeps the events it fails on, and may send them there', async () => {
    const recording = await record({ deadLetterQueue: deadLetters });
    expect(lambda(recording)['deadLetterConfig']).toEqual({ targetArn: deadLetterArn });
    const { inputs } = one(recording, 'aws:iam/rolePolicy:RolePolicy');
    const statements = json(inputs['policy'])['Statement'];
    expect(statements).toContainEqual({
      Effect: 'Allow',
      Action: ['sqs:SendMessage'],
      Resource: deadLetterArn,
    });
    expect(statements).toContainEqual(
      keyUse('sqs', ['kms:GenerateDataKey', 'kms:Decrypt'], [deadLetterArn]),
    );
  });

  it('has none, and may send nothing, unless told', async () => {
    const recording = await record({});
    expect(lambda(recording)).not.toHaveProperty('deadLetterConfig');
    expect(allowedToSend(recording)).toBe(false);
  });
});
