import { setTimeout } from 'node:timers/promises';
import { runtime } from '@pulumi/pulumi';
import { describe, expect, it } from 'vitest';
import { EventDeadLetterQueue } from '../../infra/components/event-dead-letter-queue.ts';
import { NodeFunction, type NodeFunctionArgs } from '../../infra/components/node-function.ts';
import { EventDelivery, PartnerEventBus } from '../../infra/components/partner-events.ts';
import { one, recordResources } from './record-resources.ts';
import { functionArgs, givenKey, keyArn } from './surroundings.ts';

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
