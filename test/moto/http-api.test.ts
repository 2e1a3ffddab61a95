import { beforeAll, expect, it } from 'vitest';
import { named, only } from './find.ts';
import { describeAtMoto, type StackAtMoto, stackAtMoto } from './moto-stack.ts';
import { partnerEventSource } from './stacks.ts';

let stack: StackAtMoto;
const stackAtHand = async () => {
  stack = await stackAtMoto('usual');
};

const crmChange = () => named(stack.state.functions, '-crm-change');

describeAtMoto('the API', () => {
  beforeAll(stackAtHand);

  const api = () => only(stack.state.apis);
  const stage = () => only(api().stages);

  it('hands each POST to the function that is for it, and all else to crm-change', () => {
    const taskEvent = named(stack.state.functions, '-task-event');
    const ways = api().routes.map(({ key, integration }) => [key, integration?.IntegrationUri]);
    expect(Object.fromEntries(ways)).toEqual({
      'POST /webhooks/zendesk': crmChange().arn,
      'POST /webhooks/soap/{token}': crmChange().arn,
      'POST /twilio/task-events': taskEvent.arn,
      $default: crmChange().arn,
    });
    for (const { integration } of api().routes) {
      expect(integration).toMatchObject({
        IntegrationType: 'AWS_PROXY',
        PayloadFormatVersion: '2.0',
      });
    }
  });

  it('is where the stack sends its operator', () => {
    expect(stack.outputs).toMatchObject({
      webhooks: {
        zendesk: `${api().endpoint}/webhooks/zendesk`,
        soap: `${api().endpoint}/webhooks/soap/<signing secret>`,
      },
      taskEventsUrl: `${api().endpoint}/twilio/task-events`,
    });
    expect(api().closed).toBe(false);
  });

  it('deploys what is changed by itself, and has a limit for each route', () => {
    expect(stage()).toMatchObject({ StageName: '$default', AutoDeploy: true });
    const { $default: others = stage().DefaultRouteSettings, ...own } = stage().RouteSettings ?? {};
    const keys = api().routes.map(({ key }) => key);
    expect(['$default', ...Object.keys(own)].toSorted()).toEqual(keys.toSorted());
    for (const settings of [others, ...Object.values(own)]) {
      expect(settings?.ThrottlingRateLimit).toBeGreaterThan(0);
      expect(settings?.ThrottlingBurstLimit).toBeGreaterThan(0);
    }
  });

  it('logs each request to an encrypted group of its own, without path, query, headers and body', () => {
    const group = named(stack.state.logGroups, '-access-log');
    expect(group).toMatchObject({ key: only(stack.state.keys).arn, retentionDays: 90 });
    expect(stage().AccessLogSettings?.DestinationArn).toBe(group.arn);
    const format = String(stage().AccessLogSettings?.Format);
    expect(Object.values(JSON.parse(format))).toContain('$context.routeKey');
    expect(format).not.toMatch(/path|query|header|authoriz|body|userAgent/i);
  });
});

describeAtMoto('the partner’s bus', () => {
  beforeAll(stackAtHand);

  it('hands the ticket changes of the partner to crm-change, and keeps what cannot be handed over', () => {
    const rule = only(only(stack.state.buses).rules);
    expect(rule).toMatchObject({ name: 'cases', state: 'ENABLED' });
    expect(rule.pattern).toMatchObject({ source: [partnerEventSource] });
    expect(only(rule.targets ?? [])).toMatchObject({
      Arn: crmChange().arn,
      DeadLetterConfig: { Arn: named(stack.state.queues, '-events-dead-letters').arn },
      RetryPolicy: { MaximumEventAgeInSeconds: 24 * 3600, MaximumRetryAttempts: 185 },
    });
  });
});
