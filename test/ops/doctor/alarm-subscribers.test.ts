import { describe, expect, it } from 'vitest';
import { checkAlarmSubscribers } from '../../../ops/doctor/alarms.ts';
import { finds } from './doctor-harness.ts';
import { startSnsTopic, subscription, topicArn } from './sns-topic.ts';

const confirmed = (protocol: string) => subscription(protocol);
const pending = (protocol: string) => subscription(protocol, 'PendingConfirmation');
const deleted = (protocol: string) => subscription(protocol, 'Deleted');

const options = { deploymentOption: '--stack prod', createHint: 'Run npm run up -- --stack prod.' };
const subscribeAgain = 'pulumi refresh --stack prod && npm run up -- --stack prod';

/** The findings about a topic. Checks that they hold no address. */
const check = async (topic: Parameters<typeof startSnsTopic>[0]) => {
  const { url: endpoint, seen } = await startSnsTopic(topic);
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const sns = { region: 'eu-west-1', endpoint, credentials };
  const found = await checkAlarmSubscribers({ alarmTopicArn: topicArn, aws: { sns } }, options);
  expect(JSON.stringify(found)).not.toMatch(/hush-|example\.com/);
  return { found, seen };
};

describe('the subscribers of alarms', () => {
  it('are counted by protocol', async () => {
    const { found, seen } = await check({
      pages: [[confirmed('email'), confirmed('https'), confirmed('email')]],
    });
    expect(found).toEqual([
      { about: 'subscribers', state: 'ok', finding: '2 by email, 1 by https' },
    ]);
    expect(seen).toMatchObject([{ Action: 'ListSubscriptionsByTopic', TopicArn: topicArn }]);
  });

  it('are read from every page', async () => {
    const { found, seen } = await check({
      pages: [[pending('email')], [], [confirmed('lambda')]],
    });
    expect(seen).toHaveLength(3);
    expect(found).toMatchObject([
      { about: 'subscribers', state: 'ok', finding: '1 by lambda' },
      { about: 'unconfirmed', state: 'warning' },
    ]);
  });

  it('missing give a warning, with both ways to a subscription', async () => {
    const { found } = await check({ pages: [[]] });
    expect(found).toMatchObject([{ about: 'subscribers', state: 'warning' }]);
    expect(found[0]).toMatchObject({
      finding: expect.stringContaining('no subscriber'),
      next: expect.stringMatching(/pulumi config set --stack prod --path alarms\.email/),
    });
    expect(found[0]).toMatchObject({ next: expect.stringContaining(subscribeAgain) });
  });

  const withoutAny = /^no subscriber .*1 by email, 1 by https .*48 hours/;
  it.each([
    [
      'all unconfirmed fail the check, with the time in which to confirm',
      [pending('email'), pending('https')],
      [{ about: 'unconfirmed', ...finds('failed', withoutAny, /link.*\n.*pulumi refresh/) }],
    ],
    [
      'all unsubscribed fail the check',
      [deleted('email')],
      [{ about: 'unsubscribed', ...finds('failed', 'no subscriber', subscribeAgain) }],
    ],
    [
      'partly confirmed give a warning about the others',
      [confirmed('sms'), pending('email'), deleted('email-json')],
      [
        { about: 'subscribers', state: 'ok', finding: '1 by sms' },
        { about: 'unconfirmed', ...finds('warning', /^1 by email /) },
        { about: 'unsubscribed', ...finds('warning', /^1 by email-json /) },
      ],
    ],
  ])('%s', async (_, page, findings) => {
    const { found } = await check({ pages: [page] });
    expect(found).toMatchObject(findings);
  });

  it.each([
    ['AuthorizationError', 403, `sns:ListSubscriptionsByTopic on ${topicArn}`],
    ['AccessDenied', 403, `sns:ListSubscriptionsByTopic on ${topicArn}`],
    ['ExpiredToken', 403, 'Log in to AWS again'],
    ['InternalError', 500, 'Run this again'],
  ])('are unknown if AWS answers %s', async (code, status, next) => {
    const { found } = await check({ error: { code, status } });
    expect(found).toMatchObject([{ about: 'subscribers', ...finds('unknown', code, next) }]);
  });

  it('cannot exist without the topic: the check fails', async () => {
    const { found } = await check({ error: { code: 'NotFound', status: 404 } });
    expect(found).toMatchObject([{ about: 'subscribers', state: 'failed', next: subscribeAgain }]);
  });

  it('are not read without the output alarmTopicArn, or of the local stack', async () => {
    const sns = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:9' };
    expect(await checkAlarmSubscribers({ aws: { sns } }, options)).toMatchObject([
      { about: 'subscribers', state: 'warning', next: options.createHint },
    ]);
    expect(await checkAlarmSubscribers({ aws: {} }, options)).toEqual([]);
  });
});
