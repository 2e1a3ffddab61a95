import { describe, expect, it, onTestFinished } from 'vitest';
import { serviceError, startJsonService } from '../../../local/aws/services.ts';
import {
  failure,
  operatorEnvironment,
  pulumiWith,
  stackOutputs,
  stackRunner,
} from '../command-line.ts';
import { finds, parseFindings, startDoctorHarness, statesNotOk } from './doctor-harness.ts';
import { startSnsTopic, subscription, topicArn } from './sns-topic.ts';

const prefix = 'crm-media-sync-prod-alarms-';
const alarm = (heading: string, change: object = {}) => ({
  AlarmName: prefix + heading,
  AlarmDescription: `It means this. https://wiki.acme.com/runbook#${heading}`,
  StateValue: 'OK',
  ...change,
});
const quiet = [alarm('dead-letters'), alarm('queue-backlog')];

type Asked = Readonly<Record<string, unknown>>;

/** CloudWatch, as far as doctor calls it. */
const startCloudWatch = async (answers: { ages?: number[]; alarms?: object[]; error?: string }) => {
  const seen: Record<string, Asked> = {};
  const { url, close } = await startJsonService((operation, body) => {
    const name = operation.replace(/^GraniteServiceVersion20100801\./, '');
    seen[name] = JSON.parse(body);
    if (answers.error !== undefined) return serviceError(answers.error, 'no');
    const { ages = [], alarms = quiet } = answers;
    return name === 'GetMetricData'
      ? { status: 200, json: { MetricDataResults: [{ Id: 'age', Values: ages }] } }
      : { status: 200, json: { MetricAlarms: alarms } };
  });
  onTestFinished(close);
  return { url, seen };
};

/** Runs doctor about a stack whose services are on this machine. */
const stack = async (
  options: {
    cloudWatch?: Parameters<typeof startCloudWatch>[0];
    topic?: Parameters<typeof startSnsTopic>[0];
    outputs?: object;
    environment?: Record<string, string>;
    args?: readonly string[];
  } = {},
) => {
  const harness = await startDoctorHarness();
  await harness.ops('connect', '--yes');
  const cloudWatch = await startCloudWatch(options.cloudWatch ?? {});
  const topic = await startSnsTopic(options.topic ?? {});
  const { queueUrls, deadLetterQueueUrl, eventDeadLetterQueueUrl } = harness.queues;
  const path = await pulumiWith({
    ...stackOutputs,
    taskRouterUrl: harness.emulator.url,
    queueUrls,
    deadLetterQueueUrl,
    eventDeadLetterQueueUrl,
    alarmNamePrefix: prefix,
    alarmTopicArn: topicArn,
    // Not a public address: doctor does not request it.
    sources: { zendesk: { kind: 'zendesk', ticketUrl: 'https://127.0.0.1/tickets/{id}' } },
    ...options.outputs,
  });
  const ops = await stackRunner(path, {
    AWS_ENDPOINT_URL_SQS: harness.queues.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: harness.secrets.url,
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.url,
    AWS_ENDPOINT_URL_SNS: topic.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: harness.logs.url,
    AWS_ENDPOINT_URL_LAMBDA: harness.lambda.url,
    ...operatorEnvironment,
    ...options.environment,
  });
  const ended = await ops('doctor', '--stack', 'prod', ...(options.args ?? ['--json']));
  return { ...harness, ended, seen: cloudWatch.seen };
};

describe('doctor of a stack', () => {
  it('exits with 0 if no check fails', async () => {
    const { ended, seen } = await stack({ cloudWatch: { ages: [12, 9000] } });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const findings = parseFindings(ended);
    expect(statesNotOk(findings)).toEqual({ '127.0.0.1': 'unknown' });
    expect(findings['API key']?.finding).toContain('the API key of sync');
    // The latest comes first.
    expect(findings['oldest message']?.finding).toBe('12 s old');
    expect(findings['alarms']?.finding).toBe('none of 2 is in ALARM');
    expect(seen['DescribeAlarms']).toMatchObject({ AlarmNamePrefix: prefix });
    expect(JSON.stringify(seen['GetMetricData'])).toContain('"Value":"changes"');
  });

  it('exits with 4 if a check fails', async () => {
    const { ended } = await stack({ cloudWatch: { ages: [1800] }, args: [] });
    expect(ended).toMatchObject({ code: 4, stderr: '' });
    expect(ended.stdout).toMatch(/^ {2}✗ oldest message +30 min old/m);
    expect(ended.stdout).toMatch(/, 1 failed, 1 unknown\n$/);
  });

  it('says how to create a queue that somebody deleted', async () => {
    const { queues } = await startDoctorHarness();
    const { ended } = await stack({
      outputs: { deadLetterQueueUrl: `${queues.deadLetterQueueUrl}-gone` },
    });
    expect(parseFindings(ended)['dead letters']).toMatchObject({
      finding: 'the queue does not exist',
      next: 'Run npm run up -- --stack prod --refresh.',
    });
  });

  it('exits with 1 if a ticket belongs to an unknown source', async () => {
    const { ended } = await stack({ args: ['--ticket', 'zendsk=1'] });
    expect(ended).toMatchObject(failure('--ticket takes one of zendesk'));
  });

  it('shows each alarm that is in ALARM, with its heading in the runbook', async () => {
    const { ended } = await stack({
      cloudWatch: {
        alarms: [
          ...quiet,
          alarm('sync-errors', { StateValue: 'ALARM', StateTransitionedTimestamp: 1_800_000_000 }),
          { AlarmName: `${prefix}plain`, StateValue: 'ALARM' },
        ],
      },
    });
    expect(ended.code).toBe(4);
    const findings = parseFindings(ended);
    expect(findings['sync-errors']).toMatchObject({
      check: 'Alarms',
      state: 'failed',
      finding: 'in ALARM since 2027-01-15T08:00:00Z\nIt means this.',
      next: 'See https://wiki.acme.com/runbook#sync-errors.',
    });
    expect(findings['plain']?.next).toBe('See docs/runbook.md#plain.');
    expect(findings['dead-letters']).toBeUndefined();
  });

  it.each([
    ['enabled', { json: { State: 'ENABLED' } }, 'ok', /is enabled/],
    ['disabled', { json: { State: 'DISABLED' } }, 'failed', /is disabled: .* lost/],
    ['deleted', serviceError('ResourceNotFoundException', 'no'), 'failed', /does not exist/],
    ['not shown', serviceError('AccessDeniedException', 'no'), 'unknown', /denied/],
  ])('sees that the EventBridge rule of a source is %s', async (_, answer, state, finding) => {
    const seen: string[] = [];
    const eventBridge = await startJsonService((operation, body) => {
      seen.push(operation, body);
      return { status: 200, ...answer };
    });
    onTestFinished(eventBridge.close);
    const { ended } = await stack({
      outputs: { eventRules: { cases: { bus: 'aws.partner/salesforce.com/1', rule: 'cases' } } },
      environment: { AWS_ENDPOINT_URL_EVENTBRIDGE: eventBridge.url },
    });
    expect(parseFindings(ended)['cases, events']).toMatchObject(finds(state, finding));
    const request = { Name: 'cases', EventBusName: 'aws.partner/salesforce.com/1' };
    expect(seen.slice(0, 2)).toEqual(['AWSEvents.DescribeRule', JSON.stringify(request)]);
  });

  it.each([
    ['warns if there are no alarms', { cloudWatch: { alarms: [] } }, 'alarms', 'warning'],
    ['warns of none named', { outputs: { alarmNamePrefix: undefined } }, 'alarms', 'warning'],
    ['is fine with a queue without recent data', {}, 'oldest message', 'ok'],
  ])('%s', async (_, options, about, state) => {
    const { ended } = await stack(options);
    expect(parseFindings(ended)[about]?.state).toBe(state);
  });

  it('counts subscribers of alarms, and says how to repair the others', async () => {
    const page = [subscription('email'), subscription('sms', 'Deleted')];
    const findings = parseFindings((await stack({ topic: { pages: [page] } })).ended);
    expect(findings['subscribers']?.finding).toBe('1 by email');
    expect(findings['unsubscribed']?.next).toContain('pulumi refresh --stack prod');
  });

  it.each([
    ['AccessDenied', 'cloudwatch:'],
    ['ExpiredToken', 'Log in to AWS again'],
    ['InternalServiceFault', 'Run this again'],
  ])('shows as unknown what AWS does not answer: %s', async (error, next) => {
    const { ended } = await stack({ cloudWatch: { error } });
    expect(ended.code).toBe(0);
    const findings = parseFindings(ended);
    for (const about of ['alarms', 'oldest message']) {
      expect(findings[about]).toMatchObject(finds('unknown', error, next));
    }
  });

  it('uses the operator’s own API key if the secret cannot be read, and says so', async () => {
    const denied = await startJsonService(() => serviceError('AccessDeniedException', 'no'));
    onTestFinished(denied.close);
    const environment = { AWS_ENDPOINT_URL_SECRETS_MANAGER: denied.url };
    const { ended } = await stack({ environment });
    expect(ended.code).toBe(0);
    expect(parseFindings(ended)).toMatchObject({
      'API key': finds('unknown', '', 'secretsmanager:GetSecretValue'),
      'API key used': finds('unknown', '', 'not the permissions'),
      'list Tasks': { state: 'ok' },
      'Auth Token': { state: 'unknown' },
      zendesk: { state: 'unknown' },
    });
    const withoutKey = await stack({ environment: { ...environment, TWILIO_API_SECRET: '' } });
    const findings = parseFindings(withoutKey.ended);
    expect(findings['list Tasks']).toBeUndefined();
    expect(findings['Twilio events']).toMatchObject(finds('unknown', 'TWILIO_API_SECRET'));
  });
});
