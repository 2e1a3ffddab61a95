/** The secrets in the settings of a stack under test. */
export const secrets = {
  zendesk: 'hush-the-signing-secret-of-zendesk',
  forms: `whsec_${'hush'.repeat(8)}`,
  oldForms: `whsec_${'hush'.repeat(9)}`,
  soap: 'hush-the-token-in-the-path',
  twilio: 'hush-the-secret-of-the-api-key',
  authToken: 'hush-the-auth-token-of-the-account',
  nextAuthToken: 'hush-the-auth-token-that-comes-next',
  sharedKey: 'hush-the-secret-of-the-shared-key',
};

export const ticketUrl = 'https://acme.zendesk.com/agent/tickets/{id}';

export const partnerEventSource =
  'aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001EAA';

/** Sources that between them use each way into the stack. */
export const sources = {
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
  cases: { kind: 'salesforce', ticketUrl, partnerEventSource },
  soap: {
    kind: 'salesforce-outbound',
    ticketUrl,
    organizationId: '00D000000000001',
    signingSecrets: secrets.soap,
  },
};

export const twilio = {
  accountSid: `AC${'0'.repeat(32)}`,
  apiKey: `SK${'1'.repeat(32)}`,
  apiSecret: secrets.twilio,
  authToken: [secrets.authToken, secrets.nextAuthToken],
  sharedKeySecret: secrets.sharedKey,
  workspaceSid: `WS${'2'.repeat(32)}`,
};

export const project = 'crm-media-sync';

/** The keys of the configuration that hold an encrypted value. */
export const secretKeys = [`${project}:sources`, `${project}:twilio`];

/** The configuration as Pulumi gives it to a program: secrets decrypted, and all values but text as JSON. */
export function pulumiConfig(
  settings: Readonly<Record<string, unknown>>,
  region?: string,
): Record<string, string> {
  const own = Object.entries(settings).map(([key, value]) => [
    `${project}:${key}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { ...(region !== undefined && { 'aws:region': region }), ...Object.fromEntries(own) };
}
