import { expect, it } from 'vitest';
import { partnerEventSource } from '../infra/settings.ts';
import { named, only } from './find.ts';
import { describeStack } from './moto-stack.ts';

describeStack('usual', 'the API', (stack) => {
  const api = () => only(stack().state.apis);

  it('sends each POST to its function, and all other requests to crm-change', () => {
    const crmChange = named(stack().state.functions, '-crm-change').arn;
    const taskEvent = named(stack().state.functions, '-task-event').arn;
    const targets = api().routes.map(({ key, integration }) => [key, integration?.IntegrationUri]);
    expect(Object.fromEntries(targets)).toEqual({
      'POST /webhooks/zendesk': crmChange,
      'POST /webhooks/soap/{token}': crmChange,
      'POST /twilio/task-events': taskEvent,
      $default: crmChange,
    });
  });

  it('has the URLs in the outputs of the stack', () => {
    expect(stack().outputs).toMatchObject({
      webhooks: {
        zendesk: `${api().endpoint}/webhooks/zendesk`,
        soap: `${api().endpoint}/webhooks/soap/<signing secret>`,
      },
      taskEventsUrl: `${api().endpoint}/twilio/task-events`,
    });
  });
});

describeStack('usual', 'the partner event bus', (stack) => {
  it('sends the ticket changes of the partner to crm-change, and failed ones to a dead-letter queue', () => {
    const rule = only(stack().state.eventRules);
    expect(rule).toMatchObject({ name: 'cases', state: 'ENABLED' });
    expect(rule.pattern).toMatchObject({ source: [partnerEventSource] });
    expect(only(rule.targets)).toMatchObject({
      Arn: named(stack().state.functions, '-crm-change').arn,
      DeadLetterConfig: { Arn: named(stack().state.queues, '-events-dead-letters').arn },
      RetryPolicy: { MaximumEventAgeInSeconds: 24 * 3600, MaximumRetryAttempts: 185 },
    });
  });
});
