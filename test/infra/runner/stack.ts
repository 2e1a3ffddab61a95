/** What the stack holds encrypted. */
export const secrets = {
  zendesk: 'hush-the-signing-secret-of-zendesk',
  forms: `whsec_${'hush'.repeat(8)}`,
  oldForms: `whsec_${'hush'.repeat(9)}`,
  soap: 'hush-the-token-in-the-path',
  twilio: 'hush-the-secret-of-the-api-key',
  authToken: 'hush-the-auth-token-of-the-account',
  nextAuthToken: 'hush-the-auth-token-that-comes-next',
};

export const stack = 'production';

const ticketUrl = 'https://acme.zendesk.com/agent/tickets/{id}';

/** A stack that has something of everything there is. */
const settings = {
  sources: {
    zendesk: {
      kind: 'zendesk',
      ticketUrl,
      taskAttribute: 'zd_ticket_id',
      signingSecrets: secrets.zendesk,
    },
    forms: {
      kind: 'standard-webhooks',
      ticketUrl,
      signingSecrets: [secrets.forms, secrets.oldForms],
    },
    cases: {
      kind: 'salesforce',
      ticketUrl,
      partnerEventSource: 'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001EAA',
    },
    soap: {
      kind: 'salesforce-outbound',
      ticketUrl,
      organizationId: '00D000000000001',
      signingSecrets: secrets.soap,
    },
  },
  twilio: {
    accountSid: `AC${'0'.repeat(32)}`,
    apiKey: `SK${'1'.repeat(32)}`,
    apiSecret: secrets.twilio,
    authToken: [secrets.authToken, secrets.nextAuthToken],
    workspaceSid: `WS${'2'.repeat(32)}`,
  },
  alarms: { email: 'oncall@acme.com' },
  key: { administrators: ['arn:aws:iam::123456789012:role/security'] },
  domain: {
    name: 'hooks.acme.com',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/5e6f7a8b',
    hostedZoneId: 'Z5E6F7A8B',
  },
  vpc: { subnetIds: ['subnet-5e6f7a8b'], securityGroupIds: ['sg-5e6f7a8b'] },
  tags: { team: 'contact-centre' },
  keep: ['logs', 'deadLetters'],
};

/** As Pulumi hands it to a program: secrets decrypted, and all but plain text as JSON. */
export const config: Readonly<Record<string, string>> = {
  'aws:region': 'eu-west-1',
  ...Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `crm-media-sync:${key}`,
      JSON.stringify(value),
    ]),
  ),
};

/** Those of it that hold something encrypted. */
export const secretKeys = ['crm-media-sync:sources', 'crm-media-sync:twilio'];
