import { describe, expect, it } from 'vitest';
import { CrmChangeEnvironment } from '../../lambdas/crm-change/handler.ts';
import { TaskEventEnvironment } from '../../lambdas/task-event/handler.ts';
import { reportUnreadable } from '../../shared/aws/function-input.ts';
import {
  desk,
  deskTicket,
  fromDesk,
  fromZendesk,
  json,
  setUpWebhook,
  zendesk,
  zendeskSecret,
  zendeskStatus,
} from './webhook.ts';

describe('while crm-change cannot do its part', () => {
  const none = setUpWebhook().crmChange;
  const published = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==';

  const stored = (secret: string) => ({ secrets: { 'zendesk-secret': secret } });
  const ticketUrl = 'https://a.example/{id}';

  const crash = () => {
    throw new SyntaxError(`Unexpected token ${zendeskSecret}`);
  };

  it.each([
    ['has no secret', { sources: { zendesk: { kind: 'zendesk', ticketUrl, secret: 'gone' } } }],
    ['has an empty secret in its list', stored(`["${zendeskSecret}"," "]`)],
    ['has a list that is no JSON', stored(`["${zendeskSecret}"`)],
    ['has a number for a secret', stored('[1]')],
    ['has that in its list', stored(`["${zendeskSecret}","${published}"]`)],
    ['does not reach SQS', { send: () => Promise.reject(new TypeError(zendeskSecret)) }],
    ['crashes', { send: crash }],
  ])('because it %s, Zendesk is asked to send again within a minute', async (_what, options) => {
    const { crmChange, reports } = setUpWebhook(options);
    const answer = await crmChange(fromZendesk(zendeskStatus));
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers?.['retry-after'])).toBeLessThan(60);
    expect(json(answer.body ?? '')).toMatchObject({
      requestId: 'request-1',
      status: 'unavailable',
    });
    expect(reports).toMatchObject([{ outcome: 'unavailable', status: 503, source: 'zendesk' }]);
    expect(JSON.stringify(reports) + answer.body).not.toContain(zendeskSecret);
  });

  it.each([
    ['Secrets Manager', { readSecret: () => new Promise<string>(() => {}) }],
    ['SQS', { send: () => new Promise<never>(() => {}) }],
  ])('and %s hangs, the sender gets the response in time', async (_what, options) => {
    const { crmChange, reports } = setUpWebhook({ ...options, answerMs: 20 });
    const answer = await crmChange(fromZendesk(zendeskStatus));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toHaveProperty('retry-after');
    expect(reports).toMatchObject([{ error: 'Unavailable: Timed out after 20 ms' }]);
  });

  it('says in the log what to do', async () => {
    const { crmChange, reports } = setUpWebhook({ secrets: { 'zendesk-secret': ' ' } });
    await crmChange(fromZendesk(zendeskStatus));
    expect(reports[0]?.error).toContain('Secret zendesk-secret is empty');
    const other = setUpWebhook({ secrets: { 'desk-secret': 'a secret in mere words' } });
    await other.crmChange(fromDesk(deskTicket()));
    expect(other.reports[0]?.error).toContain('neither whsec_');
  });

  it('logs only the name and code of an error that is not ours', async () => {
    const failure = Object.assign(new TypeError('Jane'), { code: 'ECONNREFUSED' });
    const { crmChange, reports } = setUpWebhook({ send: () => Promise.reject(failure) });
    await crmChange(fromZendesk(zendeskStatus));
    expect(reports[0]?.error).toBe(
      'Unavailable: SendMessageBatch failed, caused by TypeError ECONNREFUSED',
    );
  });

  it('does not keep one source down for the other', async () => {
    const { crmChange } = setUpWebhook({ secrets: { 'desk-secret': '' } });
    expect((await crmChange(fromDesk(deskTicket()))).statusCode).toBe(503);
    expect((await crmChange(fromZendesk(zendeskStatus))).statusCode).toBe(202);
    expect((await none(fromDesk(deskTicket()))).statusCode).toBe(202);
  });

  it.each([
    { ...zendesk, settingOfALaterVersion: true },
    { ...zendesk, kind: 'of-a-later-version' },
    null,
  ])('closes a source with the configuration %j, and no other', async (unreadable) => {
    const { crmChange, reports } = setUpWebhook({ sources: { zendesk: unreadable, desk } });
    expect((await crmChange(fromZendesk(zendeskStatus))).statusCode).toBe(503);
    expect((await crmChange(fromDesk(deskTicket()))).statusCode).toBe(202);
    expect(reports).toMatchObject([{ source: 'zendesk', outcome: 'unavailable', status: 503 }, {}]);
    expect(reports[0]?.error).toContain('cannot be read');
  });
});

it.each([
  ['crm-change', CrmChangeEnvironment],
  ['task-event', TaskEventEnvironment],
])('%s reads each source by itself, and reports those that it cannot read', (_, schema) => {
  const SOURCES = JSON.stringify({ zendesk: { ...zendesk, ticketUrl: 'http://' }, desk });
  const read = schema.shape.SOURCES.parse(SOURCES);
  expect(Object.keys(read.sources)).toEqual(['desk']);
  const [errors, metrics]: [unknown[], unknown[]] = [[], []];
  const metric = { addMetric: (name: string) => metrics.push(name) };
  reportUnreadable(read, { error: (_message, ...fields) => void errors.push(...fields) }, {
    singleMetric: () => metric,
  } as never);
  expect(errors).toEqual([{ source: 'zendesk', problem: expect.stringContaining('ticketUrl') }]);
  expect(metrics).toEqual(['UnreadableSources']);
});
