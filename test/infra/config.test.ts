import { describe, expect, it } from 'vitest';
import { parseStackConfig, secretConfigKeys } from '../../infra/config/stack-config.ts';
import { project, pulumiConfig, secretKeys, secrets, sources, twilio } from './settings.ts';

const { zendesk, cases } = sources;

const parse = (
  settings: Readonly<Record<string, unknown>>,
  { encrypted = secretKeys, stack = 'prod', others = {} } = {},
) => {
  const config = { ...others, ...pulumiConfig({ sources: { zendesk }, twilio, ...settings }) };
  return parseStackConfig(project, config, new Set(encrypted), stack);
};

describe('the configuration of a stack', () => {
  it.each([
    ['one', 'the-only-signing-secret', ['the-only-signing-secret']],
    [
      'several during a rotation',
      ['the-new-signing-secret', 'the-old-signing-secret'],
      ['the-new-signing-secret', 'the-old-signing-secret'],
    ],
    ['one with white space around it', [' the-signing-secret\n'], ['the-signing-secret']],
  ])('accepts %s for the signing secret of a source', (_, signingSecrets, expected) => {
    const parsed = parse({ sources: { zendesk: { ...zendesk, signingSecrets } } }).sources;
    expect(parsed['zendesk']?.signingSecrets).toEqual(expected);
  });

  it.each([
    ['one with white space around it', `${secrets.authToken}\n`, [secrets.authToken]],
    [
      'several during a rotation',
      [secrets.nextAuthToken, ` ${secrets.authToken}`],
      [secrets.nextAuthToken, secrets.authToken],
    ],
  ])('accepts %s for the Auth Token', (_, authToken, expected) => {
    expect(parse({ twilio: { ...twilio, authToken } }).twilio.authToken).toEqual(expected);
  });

  it('accepts a ticket field id that `pulumi config set --path` stored as a number', () => {
    const numeric = { ...zendesk, sidField: 360012345678 };
    const { config } = parse({ sources: { zendesk: numeric } }).sources['zendesk'] ?? {};
    expect(config).toMatchObject({ sidField: '360012345678' });
  });

  it('accepts any path in the URL to which Twilio sends events, and keeps it exactly', () => {
    const taskEventsUrl = 'https://hooks.acme.com:8443/Flex/@events/';
    const parsed = parse({ twilio: { ...twilio, taskEventsUrl } });
    expect(parsed.twilio.taskEventsUrl).toBe(taskEventsUrl);
  });

  it.each([
    [
      [5, 900],
      [5, 900],
    ],
    [[20], [20]],
    [[], []],
    [0, []],
    [[0], []],
    [[0, 90], [90]],
  ])('accepts %j for when a link is confirmed', (confirmAfterSeconds, expected) => {
    expect(parse({ sync: { confirmAfterSeconds } }).sync.confirmAfterSeconds).toEqual(expected);
  });

  const arn = 'arn:aws:kms:us-east-1:123456789012:key/0a1b';
  it.each([
    ['settings of other namespaces', {}, { others: { 'crm-media-sync-other:sources': '1' } }],
    ['a tag that replaces one of ours', { tags: { Application: 'flex', team: 'voice' } }, {}],
    ['a key in its region', { key: { arn } }, { others: { 'aws:region': 'us-east-1' } }],
    ['a key if the environment holds the region', { key: { arn } }, {}],
    ['plain sources without secrets', { sources: { cases } }, { encrypted: [`${project}:twilio`] }],
    ['the stack name eu_Prod-2', {}, { stack: 'eu_Prod-2' }],
    ['a stack name of 20 characters', {}, { stack: 'p'.repeat(20) }],
  ])('accepts %s', (_, settings, options) => {
    expect(() => parse(settings, options)).not.toThrow();
  });

  it('reads which keys are encrypted from the environment that Pulumi sets', () => {
    const environment = { PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys) };
    expect(secretConfigKeys(environment)).toEqual(new Set(secretKeys));
    expect(secretConfigKeys({})).toEqual(new Set());
  });
});
