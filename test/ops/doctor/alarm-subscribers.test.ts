import { describe, expect, it } from 'vitest';
import { checkAlarmSubscribers } from '../../../ops/doctor/alarms.ts';
import { startSnsTopic, subscription, topicArn } from './sns-topic.ts';

const confirmed = (protocol: string) => subscription(protocol);
const pending = (protocol: string) => subscription(protocol, 'PendingConfirmation');
const deleted = (protocol: string) => subscription(protocol, 'Deleted');

const options = { deploymentOption: '--stack prod', createHint: 'Run pulumi up --stack prod.' };
const subscribeAgain = 'pulumi refresh --stack prod && npm run up -- --stack prod';

/** What is told of a topic; never an address. */
const look = async (topic: Parameters<typeof startSnsTopic>[0]) => {
  const { url: endpoint, seen } = await startSnsTopic(topic);
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const sns = { region: 'eu-west-1', endpoint, credentials };
  const told = await checkAlarmSubscribers({ alarmTopicArn: topicArn, aws: { sns } }, options);
  expect(JSON.stringify(told)).not.toMatch(/hush|example\.com/);
  return { told, seen };
};

describe('who is told of alarms', () => {
  it('is told by count and protocol', async () => {
    const { told, seen } = await look({
      pages: [[confirmed('email'), confirmed('https'), confirmed('email')]],
    });
    expect(told).toEqual([
      { about: 'subscribers', state: 'ok', finding: '2 by email, 1 by https' },
    ]);
    expect(seen).toMatchObject([{ Action: 'ListSubscriptionsByTopic', TopicArn: topicArn }]);
  });

  it('is found on every page', async () => {
    const { told, seen } = await look({
      pages: [[pending('email')], [], [confirmed('lambda')]],
    });
    expect(seen).toHaveLength(3);
    expect(told).toMatchObject([
      { about: 'subscribers', state: 'ok', finding: '1 by lambda' },
      { about: 'unconfirmed', state: 'warning' },
    ]);
  });

  it('is nobody where nothing is subscribed: a warning, with both ways to a subscription', async () => {
    const { told } = await look({ pages: [[]] });
    expect(told).toMatchObject([{ about: 'subscribers', state: 'warning' }]);
    expect(told[0]).toMatchObject({
      finding: expect.stringContaining('nobody'),
      next: expect.stringMatching(/pulumi config set --stack prod --path alarms\.email/),
    });
    expect(told[0]).toMatchObject({ next: expect.stringContaining(subscribeAgain) });
  });

  it('is nobody while none has confirmed: bad, with the time that is left to do it', async () => {
    const { told } = await look({ pages: [[pending('email'), pending('https')]] });
    expect(told).toMatchObject([
      {
        about: 'unconfirmed',
        state: 'bad',
        finding: expect.stringMatching(/^nobody .*1 by email, 1 by https .*48 hours/),
        next: expect.stringMatching(/link.*\n.*pulumi refresh/),
      },
    ]);
  });

  it('is nobody where all have unsubscribed', async () => {
    const { told } = await look({ pages: [[deleted('email')]] });
    expect(told).toMatchObject([
      {
        about: 'unsubscribed',
        state: 'bad',
        finding: expect.stringContaining('nobody'),
        next: expect.stringContaining(subscribeAgain),
      },
    ]);
  });

  it('is who has confirmed; the others are a warning', async () => {
    const { told } = await look({
      pages: [[confirmed('sms'), pending('email'), deleted('email-json')]],
    });
    expect(told).toMatchObject([
      { about: 'subscribers', state: 'ok', finding: '1 by sms' },
      { about: 'unconfirmed', state: 'warning', finding: expect.stringMatching(/^1 by email /) },
      {
        about: 'unsubscribed',
        state: 'warning',
        finding: expect.stringMatching(/^1 by email-json /),
      },
    ]);
  });

  it.each([
    ['AuthorizationError', 403, `sns:ListSubscriptionsByTopic on ${topicArn}`],
    ['AccessDenied', 403, `sns:ListSubscriptionsByTopic on ${topicArn}`],
    ['ExpiredToken', 403, 'Log in to AWS again'],
    ['InternalError', 500, 'Run it again'],
  ])('is not known where AWS answers %s', async (code, status, next) => {
    const { told } = await look({ error: { code, status } });
    expect(told).toMatchObject([
      {
        about: 'subscribers',
        state: 'unknown',
        finding: expect.stringContaining(code),
        next: expect.stringContaining(next),
      },
    ]);
  });

  it('is nobody where the topic is gone', async () => {
    const { told } = await look({ error: { code: 'NotFound', status: 404 } });
    expect(told).toMatchObject([{ about: 'subscribers', state: 'bad', next: subscribeAgain }]);
  });

  it('is asked of no stack that does not tell of a topic, and not of the embedded world', async () => {
    const sns = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:9' };
    expect(await checkAlarmSubscribers({ aws: { sns } }, options)).toMatchObject([
      { about: 'subscribers', state: 'warning', next: options.createHint },
    ]);
    expect(await checkAlarmSubscribers({ aws: {} }, options)).toEqual([]);
  });
});
