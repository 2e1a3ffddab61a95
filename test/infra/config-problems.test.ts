import { RunError } from '@pulumi/pulumi/errors.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StackConfigError } from '../../infra/config/problems.ts';
import { parseStackConfig } from '../../infra/config/stack-config.ts';

const hush = 'hush-hush-hush-hush';

/** A mistake in every section, and those between settings of one section and of several. */
const wrong = {
  sources: {
    zendesk: {
      kind: 'zendesk',
      ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
      allowedHosts: ['help.acme.com'],
      titleFromCrm: 'yes',
      colour: 'green',
      signingSecrets: ['hush', hush],
    },
    hubspot: { kind: 'hubspot', linkType: 'auto', title: 5 },
    forms: { kind: 'fax', taskAttribute: 'ticket-id', signingSecrets: hush },
    cases: {
      kind: 'salesforce',
      ticketUrl: 'https://acme.my.salesforce.com/{id}',
      partnerEventSource: 'aws.partner/salesforce.com/a/b',
      secret: 'mine',
    },
    leads: { kind: 'salesforce', partnerEventSource: 'aws.partner/salesforce.com/a/b' },
    Bad_Name: 5,
  },
  twilio: {
    accountSid: 'AC1',
    apiKey: `SK${'1'.repeat(32)}`,
    apiSecret: hush,
    authToken: hush,
    taskEventsUrl: 'https://me:hush@hooks.acme.com/?a',
  },
  sync: { tasksInParallel: 10, confirmAfterSeconds: [90, 20], maximumConcurrency: 5 },
  limits: {
    twilioConcurrentRequests: 16,
    burst: 0.5,
    requestsPerSecond: '10',
    reserveConcurrency: 'no',
  },
  alarms: { email: 'oncall', runbookUrl: 'http://wiki.acme.com/runbook', pager: 1 },
  logs: { retentionDays: 100 },
  key: {
    arn: 'arn:aws:kms:us-east-1:123456789012:key/0a1b',
    administrators: ['me'],
    deletionWindowDays: 90,
  },
  domain: { name: 'acme', certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0a1b' },
  vpc: { subnetIds: 'subnet-0a1b2c3d', securityGroupIds: [] },
  tags: { 'aws:owner': 'me', cost: 5 },
  keep: ['logs', 'queues'],
  webhook: 1,
};

const project = 'crm-media-sync';
const encrypted = new Set([`${project}:sources`, `${project}:twilio`]);

interface Told {
  readonly sections: Readonly<Record<string, unknown>>;
  readonly secretKeys?: ReadonlySet<string>;
  readonly stack?: string;
}

/** What the program says of a configuration in eu-west-1. */
const refusalOf = ({
  sections,
  secretKeys = encrypted,
  stack = 'prod',
}: Told): StackConfigError | undefined => {
  const own = Object.entries(sections).map(([key, value]) => [
    `${project}:${key}`,
    JSON.stringify(value),
  ]);
  const config = { 'aws:region': 'eu-west-1', ...Object.fromEntries(own) };
  try {
    parseStackConfig(project, config, secretKeys, stack);
    return undefined;
  } catch (error) {
    if (error instanceof StackConfigError) return error;
    throw error;
  }
};

it('a wrong configuration shows all its mistakes at once, in words, each with the command that mends it', () => {
  const refusal = refusalOf({
    sections: wrong,
    secretKeys: new Set(),
    stack: 'a-stack.with-a-very-long-name',
  });
  expect(refusal?.message).toMatchInlineSnapshot(`
    "The configuration of the stack is invalid. docs/configuration.md describes every setting; Pulumi.example.yaml is an example.
    - the stack's name: must have 20 characters at most: it is part of names that AWS limits to 64
        pulumi stack rename <name>
    - the stack's name: must have only letters, digits, - and _: AWS allows no others in the names of queues
        pulumi stack rename <name>
    - sources.zendesk.titleFromCrm: must be true or false
        pulumi config set --path 'sources.zendesk.titleFromCrm' <value>
    - sources.zendesk.colour: is not a known setting: check the spelling and the place, and the kind of the source
        pulumi config rm --path 'sources.zendesk.colour'
    - sources.zendesk.allowedHosts: must hold acme.zendesk.com, the host of ticketUrl
        pulumi config set --path 'sources.zendesk.allowedHosts[1]' <value>
    - sources.zendesk.signingSecrets[0]: has 4 characters; a signing secret has at least 16
        pulumi config set --secret --path 'sources.zendesk.signingSecrets[0]'
    - sources.hubspot.portalId: must be the numeric id of a HubSpot account (Hub ID)
        pulumi config set --path 'sources.hubspot.portalId' <value>
    - sources.hubspot.ticketUrl: must be the ticket's page, with {id} for the ticket's id
        pulumi config set --path 'sources.hubspot.ticketUrl' <value>
    - sources.hubspot.linkType: must be Referenced or Embedded; run \`npm run ops -- doctor\`, it says which linkType to configure
        pulumi config set --path 'sources.hubspot.linkType' <value>
    - sources.hubspot.title: must be text
        pulumi config set --type string --path 'sources.hubspot.title' <value>
    - sources.hubspot.signingSecrets: must be the secret that the CRM signs with, or a list of secrets during a rotation
        pulumi config set --secret --path 'sources.hubspot.signingSecrets'
    - sources.forms.kind: must be one of dynamics, hubspot, intercom, jira, salesforce, salesforce-outbound, servicenow, standard-webhooks, zendesk
        pulumi config set --path 'sources.forms.kind' <value>
    - sources.forms.ticketUrl: must be the ticket's page, with {id} for the ticket's id
        pulumi config set --path 'sources.forms.ticketUrl' <value>
    - sources.forms.taskAttribute: must be letters, digits and "_", with "." between keys
        pulumi config set --path 'sources.forms.taskAttribute' <value>
    - sources.cases.secret: is not a known setting: check the spelling and the place, and the kind of the source
        pulumi config rm --path 'sources.cases.secret'
    - sources.leads.ticketUrl: must be the ticket's page, with {id} for the ticket's id
        pulumi config set --path 'sources.leads.ticketUrl' <value>
    - sources.Bad_Name: the name must be lower-case letters, digits and hyphens, 32 at most
        pulumi config rm --path 'sources.Bad_Name'
    - sources.Bad_Name: must be settings, each by its name
        pulumi config rm --path 'sources.Bad_Name'
    - sources.leads.partnerEventSource: must differ from sources.cases.partnerEventSource: an event bus belongs to one source
        pulumi config set --path 'sources.leads.partnerEventSource' <value>
    - twilio.accountSid: must be AC and 32 hex digits
        pulumi config set --path 'twilio.accountSid' <value>
    - twilio.workspaceSid: must be WS and 32 hex digits
        pulumi config set --path 'twilio.workspaceSid' <value>
    - twilio.taskEventsUrl: must not hold a user name or a password
        pulumi config set --path 'twilio.taskEventsUrl' <value>
    - twilio.taskEventsUrl: must hold neither a query nor a fragment
        pulumi config set --path 'twilio.taskEventsUrl' <value>
    - twilio.authToken: is the secret of the API key: Twilio signs with the Auth Token of the account
        pulumi config set --secret --path 'twilio.authToken'
    - sync.confirmAfterSeconds: must ascend: both are counted from the write
        pulumi config set --path 'sync.confirmAfterSeconds[0]' <value>
    - sync.maximumConcurrency: is not a known setting: check the spelling and the place
        pulumi config rm --path 'sync.maximumConcurrency'
    - limits.requestsPerSecond: must be a whole number, 1 to 10000
        pulumi config set --path 'limits.requestsPerSecond' <value>
    - limits.burst: must be a whole number, 1 to 500
        pulumi config set --path 'limits.burst' <value>
    - limits.reserveConcurrency: must be true or false
        pulumi config set --path 'limits.reserveConcurrency' <value>
    - alarms.email: must be an e-mail address
        pulumi config set --path 'alarms.email' <value>
    - alarms.runbookUrl: must be an https URL of 200 characters at most, without a fragment
        pulumi config set --path 'alarms.runbookUrl' <value>
    - alarms.pager: is not a known setting: check the spelling and the place
        pulumi config rm --path 'alarms.pager'
    - logs.retentionDays: must be 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653
        pulumi config set --path 'logs.retentionDays' <value>
    - key.administrators[0]: must be the ARN of an IAM role or user, arn:aws:iam::<account>:role/<name>
        pulumi config set --path 'key.administrators[0]' <value>
    - key.deletionWindowDays: must be a whole number of days, 7 to 30
        pulumi config set --path 'key.deletionWindowDays' <value>
    - key.administrators: is only for a key that the stack creates: you own the policy of key.arn
        pulumi config rm --path 'key.administrators'
    - domain.name: must be a lower-case host name, e.g. hooks.example.com
        pulumi config set --path 'domain.name' <value>
    - vpc.subnetIds: must be a list of ids of subnets, subnet-…, 16 at most
        pulumi config rm --path 'vpc.subnetIds' && pulumi config set --path 'vpc.subnetIds[0]' <value>
    - vpc.securityGroupIds: must be a list of ids of security groups, sg-…, 5 at most
        pulumi config set --path 'vpc.securityGroupIds[0]' <value>
    - tags["aws:owner"]: the name must not begin with aws:
        pulumi config rm --path 'tags["aws:owner"]'
    - tags.cost: must be text
        pulumi config set --type string --path 'tags.cost' <value>
    - keep[1]: must be logs or deadLetters
        pulumi config set --path 'keep[1]' <value>
    - webhook: is not a known setting: check the spelling and the place
        pulumi config rm --path 'webhook'
    - limits.twilioConcurrentRequests: must be at least 40, or lower sync.tasksInParallel: 2 instances process that many Tasks each, with 2 requests at once
        pulumi config set --path 'limits.twilioConcurrentRequests' <value>
    - key.arn: must be in eu-west-1, the region of the stack (aws:region)
        pulumi config set --path 'key.arn' <value>
    - domain.certificateArn: must be in eu-west-1, the region of the stack (aws:region)
        pulumi config set --path 'domain.certificateArn' <value>
    - sources.zendesk.signingSecrets[0]: is in the stack file in plain text: treat it as leaked, create a new one at its origin, and store that
        pulumi config set --secret --path 'sources.zendesk.signingSecrets[0]'
    - sources.zendesk.signingSecrets[1]: is in the stack file in plain text: treat it as leaked, create a new one at its origin, and store that
        pulumi config set --secret --path 'sources.zendesk.signingSecrets[1]'
    - sources.forms.signingSecrets: is in the stack file in plain text: treat it as leaked, create a new one at its origin, and store that
        pulumi config set --secret --path 'sources.forms.signingSecrets'
    - twilio.apiSecret: is in the stack file in plain text: treat it as leaked, create a new one at its origin, and store that
        pulumi config set --secret --path 'twilio.apiSecret'
    - twilio.authToken: is in the stack file in plain text: treat it as leaked, create a new one at its origin, and store that
        pulumi config set --secret --path 'twilio.authToken'"
  `);
});

it('no mistake quotes what it is about', () => {
  const refusal = refusalOf({ sections: wrong, secretKeys: new Set() });
  expect(refusal?.message).not.toContain('hush');
});

it('Pulumi shows it without a stack trace', () => {
  expect(RunError.isInstance(refusalOf({ sections: {} }))).toBe(true);
});

it('where nothing is configured, all that has to be is told', () => {
  expect(refusalOf({ sections: {} })?.problems.map(({ path }) => path)).toEqual([
    'sources',
    'twilio.accountSid',
    'twilio.workspaceSid',
    'twilio.apiKey',
    'twilio.apiSecret',
    'twilio.authToken',
  ]);
});

/** A configuration in which every section says something. */
const right = {
  sources: {
    zendesk: {
      kind: 'zendesk',
      ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
      allowedHosts: ['acme.zendesk.com'],
      signingSecrets: ['a-signing-secret-of-zendesk'],
    },
    cases: {
      kind: 'salesforce',
      ticketUrl: 'https://acme.my.salesforce.com/{id}',
      partnerEventSource: 'aws.partner/salesforce.com/a/b',
    },
  },
  twilio: {
    accountSid: `AC${'0'.repeat(32)}`,
    apiKey: `SK${'1'.repeat(32)}`,
    apiSecret: 'the-secret-of-the-api-key',
    authToken: '0123456789abcdef0123456789abcdef',
    workspaceSid: `WS${'2'.repeat(32)}`,
  },
  sync: { tasksInParallel: 4 },
  limits: { twilioConcurrentRequests: 16 },
  alarms: { email: 'oncall@acme.com' },
  logs: { retentionDays: 30 },
  key: { arn: 'arn:aws:kms:eu-west-1:123456789012:key/0a1b' },
  domain: {
    name: 'hooks.acme.com',
    certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b',
  },
  vpc: { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] },
  tags: { owner: 'me' },
  keep: ['logs'],
};

it('a right configuration is not refused', () => {
  expect(refusalOf({ sections: right })).toBeUndefined();
});

const set = (path: string) => [path, `pulumi config set --path '${path}' <value>`] as const;
const add = (path: string, index: number) =>
  [path, `pulumi config set --path '${path}[${index}]' <value>`] as const;
const encrypt = (path: string) => [path, `pulumi config set --secret --path '${path}'`] as const;
const remove = (path: string) => [path, `pulumi config rm --path '${path}'`] as const;

/** One thing that is done wrong, and what is told of it. None has to do with another. */
interface Mistake {
  readonly at?: string;
  readonly to?: unknown;
  readonly plain?: 'sources' | 'twilio';
  readonly stack?: string;
  readonly told: readonly (readonly [path: string, command: string])[];
}

const elsewhere = 'arn:aws:kms:us-east-1:123456789012:key/0a1b';
const mistakes: readonly Mistake[] = [
  { at: 'sources.zendesk.linkType', to: 'auto', told: [set('sources.zendesk.linkType')] },
  {
    at: 'sources.zendesk.allowedHosts',
    to: ['help.acme.com'],
    told: [add('sources.zendesk.allowedHosts', 1)],
  },
  { at: 'sources.zendesk.titleFromCrm', to: 'yes', told: [set('sources.zendesk.titleFromCrm')] },
  { at: 'sources.zendesk.colour', to: 'green', told: [remove('sources.zendesk.colour')] },
  {
    at: 'sources.cases.signingSecrets',
    to: '',
    told: [remove('sources.cases.signingSecrets')],
  },
  { at: 'sources.cases.taskAttribute', to: 'a-b', told: [set('sources.cases.taskAttribute')] },
  {
    at: 'sources.leads',
    to: { ...right.sources.cases, ticketUrl: 'https://acme.my.salesforce.com/' },
    told: [set('sources.leads.ticketUrl'), set('sources.leads.partnerEventSource')],
  },
  {
    at: 'sources.forms',
    to: { ...right.sources.zendesk, kind: 'fax', signingSecrets: undefined },
    told: [set('sources.forms.kind')],
  },
  {
    at: 'sources.Bad_Name',
    to: { ...right.sources.cases, partnerEventSource: 'aws.partner/acme/d' },
    told: [remove('sources.Bad_Name')],
  },
  { at: 'twilio.accountSid', to: undefined, told: [set('twilio.accountSid')] },
  { at: 'twilio.taskRouterUrl', to: 'http://acme.com', told: [set('twilio.taskRouterUrl')] },
  { at: 'twilio.authToken', to: right.twilio.apiSecret, told: [encrypt('twilio.authToken')] },
  { at: 'twilio.user', to: 'me', told: [remove('twilio.user')] },
  { at: 'sync.tasksInParallel', to: 5, told: [set('limits.twilioConcurrentRequests')] },
  {
    at: 'sync.confirmAfterSeconds',
    to: [1, 2, 3],
    told: [['sync.confirmAfterSeconds', "pulumi config rm --path 'sync.confirmAfterSeconds[2]'"]],
  },
  { at: 'sync.maximumConcurrency', to: 2, told: [remove('sync.maximumConcurrency')] },
  { at: 'limits.burst', to: 1.5, told: [set('limits.burst')] },
  { at: 'domain.keepApiHost', to: 'yes', told: [set('domain.keepApiHost')] },
  { at: 'limits.requests', to: 1, told: [remove('limits.requests')] },
  { at: 'alarms', to: 'oncall@acme.com', told: [remove('alarms')] },
  { at: 'logs.retentionDays', to: 31, told: [set('logs.retentionDays')] },
  { at: 'key.arn', to: elsewhere, told: [set('key.arn')] },
  {
    at: 'key.administrators',
    to: ['arn:aws:iam::123456789012:role/platform'],
    told: [remove('key.administrators')],
  },
  { at: 'key.deletionWindowDays', to: '30', told: [set('key.deletionWindowDays')] },
  { at: 'domain.name', to: 'hooks', told: [set('domain.name')] },
  {
    at: 'domain.certificateArn',
    to: elsewhere.replace('kms', 'acm').replace('key', 'certificate'),
    told: [set('domain.certificateArn')],
  },
  { at: 'vpc.subnetIds', to: [], told: [add('vpc.subnetIds', 0)] },
  {
    at: 'vpc.securityGroupIds',
    to: 'sg-0a1b2c3d',
    told: [
      [
        'vpc.securityGroupIds',
        "pulumi config rm --path 'vpc.securityGroupIds' && pulumi config set --path 'vpc.securityGroupIds[0]' <value>",
      ],
    ],
  },
  {
    at: 'tags.cost',
    to: 5,
    told: [['tags.cost', "pulumi config set --type string --path 'tags.cost' <value>"]],
  },
  { at: 'tags.aws:owner', to: 'me', told: [remove('tags["aws:owner"]')] },
  { at: 'keep', to: ['logs', 'queues'], told: [set('keep[1]')] },
  { at: 'webhook', to: 1, told: [remove('webhook')] },
  { stack: 'x'.repeat(21), told: [["the stack's name", 'pulumi stack rename <name>']] },
  { plain: 'sources', told: [encrypt('sources.zendesk.signingSecrets[0]')] },
  { plain: 'twilio', told: [encrypt('twilio.apiSecret'), encrypt('twilio.authToken')] },
];

type Settings = Record<string, unknown>;
const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null;

const withMistakes = (made: readonly Mistake[]): Told => {
  const sections: Settings = structuredClone(right);
  for (const { at, to } of made) {
    if (at === undefined) continue;
    const steps = at.split('.');
    const last = steps.pop() ?? '';
    const holder = steps.reduce<unknown>((value, key) => Object(value)[key], sections);
    if (isSettings(holder)) holder[last] = to;
  }
  const plain = made.map((mistake) => `${project}:${mistake.plain}`);
  return {
    sections,
    secretKeys: new Set([...encrypted].filter((key) => !plain.includes(key))),
    stack: made.find(({ stack }) => stack !== undefined)?.stack ?? 'prod',
  };
};

it('any mistakes that have nothing to do with each other are told together, and nothing else is', () => {
  fc.assert(
    fc.property(fc.subarray([...mistakes], { minLength: 1 }), (made) => {
      const problems = refusalOf(withMistakes(made))?.problems ?? [];
      const told = problems.map(({ path, command }) => `${path}: ${command}`);
      const expected = made.flatMap((mistake) =>
        mistake.told.map(([path, command]) => `${path}: ${command}`),
      );
      expect(told.toSorted()).toEqual(expected.toSorted());
    }),
  );
});

it('each is told in our words', () => {
  for (const { path, message } of refusalOf(withMistakes(mistakes))?.problems ?? []) {
    expect(message, path).toMatch(/^(must|is|has|the name must) /);
    expect(message, path).not.toMatch(/invalid|expected|undefined|too (small|big)/i);
  }
});
