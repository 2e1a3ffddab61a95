import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answers, role, startAwsAccount } from '../../../tools/aws-account.ts';
import { account, fakePulumi, stackRunner } from '../command-line.ts';
import { authToken, finds, parseFindings, statesNotOk } from './doctor-harness.ts';

const zendesk = {
  kind: 'zendesk',
  ticketUrl: 'https://127.0.0.1/tickets/{id}',
  taskAttribute: 'zd_ticket_id',
  signingSecrets: ['hush-the-signing-secret'],
};
const value = (of: object, secret = true) => ({
  value: JSON.stringify(of),
  objectValue: of,
  secret,
});
// A configuration accepts https only, so the emulator cannot be its TaskRouter.
const twilio = {
  ...account,
  apiSecret: 'hush-the-api-secret',
  authToken,
  taskRouterUrl: 'https://127.0.0.1:9',
};
const whole = {
  'aws:region': { value: 'eu-west-1', secret: false },
  'crm-media-sync:sources': value({ zendesk }),
  'crm-media-sync:twilio': value(twilio),
};
const setting = (name: string, of: object) => ({ [`crm-media-sync:${name}`]: value(of, false) });

/** Runs `doctor --config` about a stack with this configuration, in an AWS account that answers so. */
const doctor = async (
  config: object,
  answers: Answers = {},
  { outputs = {}, environment = {} }: { outputs?: object; environment?: object } = {},
) => {
  const aws = await startAwsAccount(answers);
  onTestFinished(aws.close);
  const path = await fakePulumi(
    `case "$1" in config) echo '${JSON.stringify(config)}';; *) echo '${JSON.stringify(outputs)}';; esac`,
  );
  const ops = await stackRunner(path, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: '',
    ...environment,
  });
  const ended = await ops('doctor', '--stack', 'prod', '--config', '--json');
  expect(ended.stdout + ended.stderr).not.toContain('hush-');
  return { ...ended, simulated: aws.simulated };
};

describe('doctor of a configuration', () => {
  it('checks Twilio, the ticket pages and the AWS account with its values', async () => {
    const ended = await doctor(whole);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const findings = parseFindings(ended);
    expect(findings['crm-media-sync']).toMatchObject({ state: 'ok' });
    expect(findings['API key']?.finding).toBe('from the configuration');
    expect(findings['127.0.0.1']?.check).toBe('Ticket page of zendesk');
    expect(findings['alarms']).toBeUndefined();
    const notOk = statesNotOk(findings);
    expect(notOk).toMatchObject({ TaskRouter: 'unknown', 'Auth Token': 'unknown' });
    for (const about of ['region', 'credentials', 'concurrency', 'permissions']) {
      expect(findings[about], about).toMatchObject({ check: 'AWS', state: 'ok' });
    }
  });

  it('shows each problem with the command that repairs it, and of the rest only the account', async () => {
    const ended = await doctor({
      ...whole,
      'crm-media-sync:sources': value({ zendesk: { ...zendesk, signingSecrets: 'hush-' } }),
      'crm-media-sync:twilio': value(
        { ...account, apiSecret: 'hush-hush', workspaceSid: 'WS1' },
        false,
      ),
      ...setting('domain', {
        name: 'hooks.acme.com',
        certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
      }),
    });
    expect(ended.code).toBe(4);
    const findings = parseFindings(ended);
    expect(Object.values(findings).map(({ check }) => check)).not.toContain('Twilio');
    expect(findings['credentials']).toMatchObject({ state: 'ok' });
    expect(findings['sources.zendesk.signingSecrets']).toMatchObject({
      next: "pulumi config set --stack prod --secret --path 'sources.zendesk.signingSecrets'",
      ...finds('failed', 'has 5 characters'),
    });
    expect(findings['domain.certificateArn']?.finding).toContain('must be in eu-west-1');
    expect(findings['twilio.apiSecret']?.finding).toContain('in plain text');
    expect(findings['twilio.workspaceSid']).toMatchObject({ state: 'failed' });
    expect(findings['twilio.authToken']).toMatchObject({ state: 'failed' });
  });

  it('cannot be read from another output of pulumi', async () => {
    expect((await doctor([])).code).toBe(1);
  });
});

const plain = (key: string, text: string) => ({ [key]: { value: text, secret: false } });
const region = (name: string) => plain('aws:region', name);
const noFiles = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
const nobody = plain('aws:profile', 'nobody');
const error = (operation: string, code = 'AccessDenied') => ({ errors: { [operation]: code } });
const room = (UnreservedConcurrentExecutions: number, ConcurrentExecutions = 1000) => ({
  concurrency: { ConcurrentExecutions, UnreservedConcurrentExecutions },
});
const deployed = { outputs: { functions: { crmChange: 'a', taskEvent: 'b', sync: 'c' } } };
const off = setting('limits', { reserveConcurrency: false });
const own = setting('key', { arn: 'arn:aws:kms:eu-west-1:123456789012:key/1' });
const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/1';
const domain = setting('domain', { name: 'hooks.acme.com', certificateArn });
const issued = (...SubjectAlternativeNames: string[]) => ({
  certificate: { Status: 'ISSUED', SubjectAlternativeNames },
});
const key = (KeyState: string, KeySpec = 'SYMMETRIC_DEFAULT') => ({ key: { KeyState, KeySpec } });
const partnerEventSource = 'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001EAA';
const { signingSecrets: _, ...unsigned } = zendesk;
const cases = { ...unsigned, kind: 'salesforce', partnerEventSource };
const partner = { 'crm-media-sync:sources': value({ cases }) };
const bus = (State: string) => ({ eventSource: { State } });
const withBus = { outputs: { eventRules: { cases: {} } } };

describe('before the first up, doctor', () => {
  it.each<[string, object, Answers, object, string]>([
    ['region ✗ none is set', region(''), {}, {}, ''],
    ['region ✗ name of an AWS region', region('ireland'), {}, {}, ''],
    ['region ✗ partition', region('cn-north-1'), {}, {}, ''],
    ['region ! by AWS_REGION', region(''), {}, { environment: { AWS_REGION: 'eu-west-1' } }, ''],
    ['credentials (profile nobody) ✗ no AWS cred', nobody, {}, { environment: noFiles }, ''],
    ['credentials ✗ Expired', {}, error('GetCallerIdentity', 'ExpiredToken'), {}, 'concurrency'],
    ['credentials ? not answer', {}, error('GetCallerIdentity', 'Fault'), {}, 'concurrency'],
    ['concurrency ✗ 10 of the account', {}, room(10, 10), {}, ''],
    ['concurrency ✗ 213 of the', {}, room(213), {}, ''],
    ['concurrency ✓ 214 of the', {}, room(214), {}, ''],
    ['concurrency ✓ 214 of the', {}, { ...room(124), reserved: 30 }, deployed, ''],
    ['concurrency ✗ reserves 414', setting('limits', { burst: 200 }), room(500), {}, ''],
    ['concurrency ! reserves nothing', off, room(10, 10), {}, ''],
    ['concurrency ✓ reserves nothing', off, room(500), {}, ''],
    ['concurrency ? could not be checked', {}, error('GetAccountSettings'), {}, ''],
    ['permissions ✗ sqs:CreateQueue, .* on arn:aws:sqs', {}, { denied: ['sqs:'] }, {}, ''],
    ['permissions ? condition', {}, { denied: ['s'], missing: ['aws:PrincipalTag'] }, {}, ''],
    ['permissions ? could not be checked', {}, error('SimulatePrincipalPolicy'), {}, ''],
    ['permissions ? could not be', {}, { identity: 'arn:aws:sts::1:federated-user/x' }, {}, ''],
    ['domain.certificateArn ✓ issued', domain, issued('*.acme.com'), {}, 'key.arn'],
    ['domain.certificateArn ✗ acme.com, not for', domain, issued('acme.com'), {}, ''],
    ['domain.certificateArn ✗ PENDING', domain, { certificate: { Status: 'PENDING' } }, {}, ''],
    ['key.arn ✓ enabled', own, key('Enabled'), {}, ''],
    ['key.arn ✗ Disabled', own, key('Disabled'), {}, ''],
    ['key.arn ✗ RSA', own, key('Enabled', 'RSA_2048'), {}, ''],
    ['key.arn ✗ does not exist', own, error('DescribeKey', 'NotFoundException'), {}, ''],
    ['key.arn ? could not be checked', own, error('DescribeKey'), {}, ''],
    ['sources.cases.partnerEventSource ✓ PENDING', partner, bus('PENDING'), {}, ''],
    ['sources.cases.partnerEventSource ✓ ACTIVE', partner, bus('ACTIVE'), withBus, ''],
    ['sources.cases.partnerEventSource ✗ not belong to this', partner, bus('ACTIVE'), {}, ''],
  ])('finds: %s', async (expected, config, answers, machine, notAsked) => {
    const [, about = '', symbol = '', words = ''] = /^(.+) ([✓!✗?]) (.+)$/.exec(expected) ?? [];
    const state = { '✓': 'ok', '!': 'warning', '✗': 'failed', '?': 'unknown' }[symbol];
    const ended = await doctor({ ...whole, ...config }, answers, machine);
    const findings = parseFindings(ended);
    expect(findings[about]).toMatchObject(finds(state, new RegExp(words)));
    expect(ended.code).toBe(state === 'failed' ? 4 : 0);
    expect(findings[notAsked]).toBeUndefined();
  });

  it('says the numbers, and each way out', async () => {
    const { finding, next } = parseFindings(await doctor(whole, room(167)))['concurrency'] ?? {};
    expect(finding).toContain('reserves 114 (crm-change 55, task-event 50, sync 9)');
    expect(finding).toContain("214 in all. 167 of the account's 1000 are unreserved");
    expect(next?.split('\n')).toEqual([
      expect.stringMatching(/request-service-quota-increase --region eu-west-1 .*value 1000$/),
      expect.stringMatching(/--stack prod --path limits.reserveConcurrency false$/),
      expect.stringMatching(/--stack prod --path limits.burst 26$/),
    ]);
  });

  it('asks IAM for what the deployment of this configuration needs, by names of the stack', async () => {
    const { simulated } = await doctor({ ...whole, ...partner }, bus('PENDING'));
    const asked = simulated.map((form) => Object.fromEntries(form));
    const queues = { 'ResourceArns.member.1': expect.stringMatching(/:crm-media-sync-prod-any$/) };
    expect(asked).toContainEqual(expect.objectContaining({ PolicySourceArn: role, ...queues }));
    expect(JSON.stringify(asked)).toMatch(/"lambda\.amazonaws\.com".*events:CreateEventBus/);
    expect(JSON.stringify(asked)).not.toMatch(/route53|ec2:/);
  });
});
