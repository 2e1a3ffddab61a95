import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCrmRequestLog } from '../../lambdas/crm-change/log-request.ts';
import { apiGatewayEvent } from '../http/webhook.ts';
import { fixture, fromDesk, fromZendesk, json, setUpWebhook, taskSid } from './webhook.ts';

/** Everything that is written while the function runs, metrics too. */
const lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines.length = 0;
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((line) => {
      lines.push(json(String(line)));
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const setUpReportingWebhook = (options: Parameters<typeof setUpWebhook>[0] = {}) => {
  const webhook = setUpWebhook(options);
  const report = createCrmRequestLog(
    new Logger({ serviceName: 'crm-change', logLevel: 'DEBUG' }),
    new Metrics({ serviceName: 'crm-change', namespace: 'crm-media-sync' }),
  );
  const crmChange: typeof webhook.crmChange = async (event) => {
    const answer = await webhook.crmChange(event);
    for (const each of webhook.reports.splice(0)) report(each);
    return answer;
  };
  return { ...webhook, crmChange };
};

describe('the log of crm-change', () => {
  it('is one line and one set of metrics by source', async () => {
    const { crmChange } = setUpReportingWebhook();
    await crmChange(fromZendesk(fixture('zendesk/status_changed.json')));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      ...{ level: 'INFO', message: 'crm-change accepted', requestId: 'request-1' },
      ...{ source: 'zendesk', outcome: 'accepted', status: 202, accepted: 1 },
      tickets: ['zendesk/5158'],
    });
    const counts = { Accepted: 1, Ignored: 0, ClientErrors: 0, ServerErrors: 0 };
    expect(lines[1]).toMatchObject({ source: 'zendesk', ...counts });
  });

  it('counts what is refused, under no name that a stranger chose', async () => {
    const { crmChange } = setUpReportingWebhook();
    await crmChange(apiGatewayEvent('{}', { path: '/webhooks/stranger' }));
    expect(lines).toMatchObject([
      { level: 'WARN', outcome: 'not-found' },
      { source: 'unknown', Accepted: 0, ClientErrors: 1, ServerErrors: 0 },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/stranger/);
  });

  it('counts what we could not take, as an error', async () => {
    const { crmChange } = setUpReportingWebhook({ send: () => Promise.reject(new Error('down')) });
    await crmChange(fromZendesk(fixture('zendesk/status_changed.json')));
    expect(lines).toMatchObject([
      {
        level: 'ERROR',
        outcome: 'unavailable',
        error: 'Unavailable: SendMessageBatch failed, caused by Error',
      },
      { source: 'zendesk', Accepted: 0, ClientErrors: 0, ServerErrors: 1 },
    ]);
  });

  it('counts what is ignored', async () => {
    const { crmChange } = setUpReportingWebhook();
    await crmChange(fromZendesk(fixture('zendesk/messaging_ticket.message_added.json')));
    expect(lines).toMatchObject([
      { level: 'INFO', reasons: ['not a ticket event'] },
      { Accepted: 0, Ignored: 1, ClientErrors: 0 },
    ]);
  });

  it('holds nothing of the payload, and neither do the messages and responses', async () => {
    const { crmChange, sent } = setUpReportingWebhook();
    const answers: unknown[] = [];
    const names =
      'created status_changed custom_field_changed external_id_changed merged undeleted';
    for (const name of names.split(' ')) {
      const body = fixture(`zendesk/${name}.json`);
      expect(body).toMatch(/PHI/);
      for (const variant of [
        body,
        body.replace('"5158"', '"PHI id"'),
        body.replace(/"time": "[^"]*"/, '"time": "PHI time"'),
        body.replace(/"type": "zen[^"]*"/, '"type": "PHI type"'),
        `${body} PHI`,
      ]) {
        answers.push(await crmChange(fromZendesk(variant)));
      }
    }
    const data = { id: '1', taskSid, title: 'PHI title', url: 'https://phi.example/', PHI: 'PHI' };
    const desk = { type: 'ticket.created', timestamp: '2025-01-08T16:45:20Z', data };
    for (const url of [data.url, undefined]) {
      answers.push(await crmChange(fromDesk(JSON.stringify({ ...desk, data: { ...data, url } }))));
    }
    // One for each event, another for the ticket that another was merged into, one of the desk.
    expect(sent).toHaveLength(names.split(' ').length + 2);
    expect(lines).toHaveLength(2 * answers.length);
    expect(JSON.stringify([sent, lines, answers])).not.toMatch(/PHI|Jane|8447388090494/i);
  });
});
