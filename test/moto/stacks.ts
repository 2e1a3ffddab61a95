import { region } from './aws.ts';

export const partnerEventSource =
  'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001EAA';

export const authTokens = ['the-auth-token-of-the-account', 'the-auth-token-that-comes-next'];

const source = { ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}' };

/** A stack that says no more than it has to, with a source of each way to us. */
const usual = {
  'aws:region': region,
  'crm-media-sync:sources': {
    zendesk: { kind: 'zendesk', ...source, signingSecrets: 'the-signing-secret-of-zendesk' },
    soap: {
      kind: 'salesforce-outbound',
      ...source,
      organizationId: '00D000000000001',
      signingSecrets: 'the-token-that-stands-in-the-path',
    },
    cases: { kind: 'salesforce', ...source, partnerEventSource },
  },
  'crm-media-sync:twilio': {
    accountSid: `AC${'0'.repeat(32)}`,
    apiKey: `SK${'1'.repeat(32)}`,
    apiSecret: 'the-secret-of-the-api-key',
    authToken: authTokens,
    workspaceSid: `WS${'2'.repeat(32)}`,
  },
};

export const administrators = ['arn:aws:iam::123456789012:role/KeyAdministrator'];
export const vpc = {
  subnetIds: ['subnet-0a1b2c3d', 'subnet-4e5f6a7b'],
  securityGroupIds: ['sg-0a1b2c3d'],
};
export const domain = {
  name: 'hooks.acme.com',
  certificateArn: `arn:aws:acm:${region}:123456789012:certificate/0a1b2c3d`,
  hostedZoneId: 'Z0A1B2C3D4',
};

/** A stack with everything that can be switched on. */
const full = {
  ...usual,
  'crm-media-sync:alarms': { email: 'oncall@acme.com' },
  'crm-media-sync:domain': domain,
  'crm-media-sync:keep': ['logs', 'deadLetters'],
  'crm-media-sync:key': { administrators },
  'crm-media-sync:logs': { retentionDays: 400 },
  'crm-media-sync:tags': { 'cost-centre': '4711' },
  'crm-media-sync:vpc': vpc,
};

/** Pulumi hands on as JSON what is not plain text. */
const asPulumiGivesIt = (config: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );

export const stackConfigs = { usual: asPulumiGivesIt(usual), full: asPulumiGivesIt(full) };
