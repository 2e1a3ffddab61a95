import { RunError } from '@pulumi/pulumi/errors.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StackConfigError } from '../../infra/config/problems.ts';
import { parseStackConfig } from '../../infra/config/stack-config.ts';
import { project, pulumiConfig, secretKeys, sources, ticketUrl, twilio } from './settings.ts';

/** A valid configuration with every section. */
const valid = {
  sources: {
    zendesk: { ...sources.zendesk, allowedHosts: ['acme.zendesk.com'] },
    cases: sources.cases,
  },
  twilio,
  sync: { taskEvents: true },
  limits: { twilioConcurrentRequests: 48 },
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

type Command = (path: string) => string;
const set: Command = (path) => `pulumi config set --path '${path}' <value>`;
const setText: Command = (path) => `pulumi config set --type string --path '${path}' <value>`;
const setSecret: Command = (path) => `pulumi config set --secret --path '${path}'`;
const remove: Command = (path) => `pulumi config rm --path '${path}'`;
const replaceList: Command = (path) => `${remove(path)} && ${set(`${path}[0]`)}`;
const removeTag: Command = () => remove('tags["<key>"]');
const addSource: Command = () => 'pulumi config set --path sources.<name>.kind <kind>';
/** A command about one item of the list. */
const item =
  (index: number, command: Command): Command =>
  (path) =>
    command(`${path}[${index}]`);

/** Wrong values of a setting, and the problem: message, command if it is not `set`, and path if it is another one. */
type Mistake = readonly [
  at: string,
  values: readonly unknown[],
  message: string,
  command?: Command,
  path?: string,
];

const unknown = 'is not a known setting: check the spelling and the place';
const unknownInSource = `${unknown}, and the kind of the source`;
const list = 'must be a list of two numbers of seconds at most, or 0 for no confirmation';
const host = 'must be a lower-case host name, e.g. hooks.example.com';
const noPassword = 'must not hold a user name or a password';
const idAfterHost =
  'must be https://<host>/… with {id} after the host, in the path, query or fragment; the host in letters, digits, "." and "-"';
const page = "must be the ticket's page, with {id} for the ticket's id";
const secretExpected =
  'must be the secret that the CRM signs with, or a list of secrets during a rotation';
const otherRegion = 'must be in eu-west-1, the region of the stack (aws:region)';
const retention =
  'must be 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653';
const linkType =
  'must be Referenced or Embedded; `npm run ops -- doctor --stack <name>` says which';
const hostOfUrl = 'must hold acme.zendesk.com, the host of ticketUrl';
const kinds =
  'must be one of dynamics, hubspot, intercom, jira, salesforce, salesforce-outbound, servicenow, standard-webhooks, zendesk';
const portalExpected = 'must be the numeric id of a HubSpot account (Hub ID)';
const sharedBus =
  'must differ from sources.cases.partnerEventSource: an event bus belongs to one source';
const sourceName = 'the name must be lower-case letters, digits and hyphens, 32 at most';
const attributeName = 'must be letters, digits and "_", with "." between keys';
const ownKey = 'is only for a key that the stack creates: you own the policy of key.arn';
const principal = 'must be the ARN of an IAM role or user, arn:aws:iam::<account>:role/<name>';
const subnets = 'must be a list of ids of subnets, subnet-…, 16 at most';
const groups = 'must be a list of ids of security groups, sg-…, 5 at most';
const sameTags = 'must not hold two keys that differ only in case: IAM treats them as one';
const apiSecretExpected = 'must be the secret that Twilio showed with the API key';
const authTokenExpected =
  'must be the Auth Token that Twilio signs with, or a list of Auth Tokens during a rotation';
const noAuthToken =
  "is not an Auth Token: store the account's primary Auth Token from the Twilio Console";
const exampleToken = 'is an example value: anybody could sign with it; store your own';
const apiSecretAsToken =
  'is the secret of the API key: Twilio signs with the Auth Token of the account';
const runbook = 'must be an https URL of 200 characters at most, without a fragment';
const plainUrl =
  'must be an https URL of 200 characters at most, without query, fragment, user name and password';
const seconds = 'must be a whole number of seconds, 0 to 900';
const ascending = 'must ascend: both are counted from the write';
const noQuery = 'must hold neither a query nor a fragment';
const days = 'must be a whole number of days, 7 to 30';
const trueOrFalse = 'must be true or false';
const settingsExpected = 'must be settings, each by its name';
const confirmations = 'sync.confirmAfterSeconds';
const casesUrl = 'sources.cases.ticketUrl';
const zendeskSecrets = 'sources.zendesk.signingSecrets';
const eventsUrl = 'twilio.taskEventsUrl';
const tooShort = 'has 4 characters; a signing secret has at least 16';
const emptySecret = 'is empty: anybody could sign with it; store the one the CRM signs with';
const publishedSecret =
  "is published in the vendor's documentation: anybody could sign with it; store your own";
const published = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==';
const kmsElsewhere = 'arn:aws:kms:us-east-1:123456789012:key/0a1b';
const acmElsewhere = 'arn:aws:acm:us-east-1:123456789012:certificate/0a1b';
const role = 'arn:aws:iam::123456789012:role/platform';
const { zendesk, cases } = valid.sources;
const fax = { ...zendesk, kind: 'fax', signingSecrets: undefined };
const ownBus = { ...cases, partnerEventSource: 'aws.partner/acme/d' };
const hubspot = { kind: 'hubspot', ticketUrl, signingSecrets: 'the-secret-of-hubspot' };
const long = `https://hooks.acme.com/${'x'.repeat(200)}`;
const [secret, [token]] = [zendesk.signingSecrets, twilio.authToken];

/** Mistakes that can be made together: none has an effect on the problem of another. */
const independent: readonly Mistake[] = [
  ['sources.zendesk.linkType', ['auto'], linkType],
  ['sources.zendesk.allowedHosts', [['help.acme.com']], hostOfUrl, item(1, set)],
  ['sources.zendesk.titleFromCrm', ['yes'], trueOrFalse],
  ['sources.zendesk.title', [5], 'must be text', setText],
  ['sources.zendesk.colour', ['green'], unknownInSource, remove],
  ['sources.zendesk.partnerEventSource', ['aws.partner/acme/e'], unknownInSource, remove],
  [zendeskSecrets, [[secret, 'hush']], tooShort, setSecret, `${zendeskSecrets}[1]`],
  ['sources.cases.signingSecrets', [''], unknownInSource, remove],
  ['sources.cases.taskAttribute', ['a-b'], attributeName],
  [casesUrl, ['https://acme.my.salesforce.com/'], 'must hold {id} exactly once'],
  ['sources.leads', [cases], sharedBus, set, 'sources.leads.partnerEventSource'],
  ['sources.calls', [fax], kinds, set, 'sources.calls.kind'],
  ['sources.hubspot', [hubspot], portalExpected, set, 'sources.hubspot.portalId'],
  ['sources.none', [5], settingsExpected, remove],
  ['sources.Bad_Name', [ownBus], sourceName, remove],
  ['twilio.accountSid', [undefined], 'must be AC and 32 hex digits'],
  ['twilio.workspaceSid', ['WS1'], 'must be WS and 32 hex digits'],
  ['twilio.taskRouterUrl', ['https://me:hush@acme.com', 'https:\\\\me:hush@acme.com'], noPassword],
  [eventsUrl, ['https://hooks.acme.com/?a', 'https://hooks.acme.com/events#a'], noQuery],
  ['twilio.authToken', [twilio.apiSecret], apiSecretAsToken, setSecret],
  ['twilio.user', ['me'], unknown, remove],
  ['limits.twilioConcurrentRequests', [19], 'must be a whole number, 20 to 6000'],
  [confirmations, [[1, 2, 3]], list, item(2, remove)],
  ['sync.maximumConcurrency', [2], unknown, remove],
  ['limits.burst', [1.5], 'must be a whole number, 1 to 500'],
  ['limits.requestsPerSecond', ['10'], 'must be a whole number, 1 to 10000'],
  ['limits.reserveConcurrency', ['no'], trueOrFalse],
  ['limits.requests', [1], unknown, remove],
  ['alarms', ['oncall@acme.com'], settingsExpected, remove],
  ['logs.retentionDays', [31], retention],
  ['key.arn', [kmsElsewhere], otherRegion],
  ['key.administrators', [[role]], ownKey, remove],
  ['key.deletionWindowDays', ['30', 90], days],
  ['domain.name', ['hooks', '-hooks.acme.com', 'hooks-.acme.com', 'hooks.acme.com.'], host],
  ['domain.certificateArn', [acmElsewhere], otherRegion],
  ['domain.keepApiHost', ['yes'], trueOrFalse],
  ['vpc.subnetIds', [[]], subnets, item(0, set)],
  ['vpc.securityGroupIds', ['sg-0a1b2c3d'], groups, replaceList],
  ['tags.cost', [5], 'must be text', setText],
  ['tags.aws:owner', ['me'], 'the name must not begin with aws:', remove, 'tags["aws:owner"]'],
  ['keep', [['logs', 'queues']], 'must be logs or deadLetters', set, 'keep[1]'],
  ['webhook', [1], unknown, remove],
];

/** More mistakes, one at a time. */
const others: readonly Mistake[] = [
  ['sources', [{}], 'must hold at least one source', addSource],
  [casesUrl, [undefined], page],
  [casesUrl, ['https://acme.my.salesforce.com{id}', 'https://{id}.example.com/'], idAfterHost],
  ['sources.zendesk.secret', ['mine'], unknownInSource, remove],
  ['sources.cases.partnerEventSource', [undefined], 'must be the name of the partner event source'],
  [zendeskSecrets, [undefined, []], secretExpected, setSecret],
  [zendeskSecrets, [[' '.repeat(20)]], emptySecret, setSecret, `${zendeskSecrets}[0]`],
  [zendeskSecrets, [[`${published}\n`]], publishedSecret, setSecret, `${zendeskSecrets}[0]`],
  ['twilio.apiKey', ['hush'], 'must be SK and 32 hex digits'],
  ['twilio.apiSecret', [['hush']], apiSecretExpected, setSecret],
  ['twilio.authToken', [undefined, []], authTokenExpected, setSecret],
  ['twilio.authToken', [''], noAuthToken, setSecret],
  ['twilio.authToken', ['12345'], exampleToken, setSecret],
  ['twilio.authToken', [[token, 'hush hush hush']], noAuthToken, setSecret, 'twilio.authToken[1]'],
  ['twilio.taskRouterUrl', ['http://acme.com'], plainUrl],
  [eventsUrl, ['http://hooks.acme.com/events', 'hooks.acme.com/events'], plainUrl],
  [eventsUrl, ['https://me:hush@hooks.acme.com/events'], noPassword],
  [eventsUrl, [long], 'must not have more than 200 characters'],
  ['alarms.email', ['oncall'], 'must be an e-mail address'],
  ['alarms.runbookUrl', ['http://wiki.acme.com/runbook'], runbook],
  ['alarms.runbookUrl', ['https://me:hush@wiki.acme.com/runbook'], noPassword],
  ['alarms.pager', [1], unknown, remove],
  ['key', [{ administrators: ['me'] }], principal, set, 'key.administrators[0]'],
  ['tags', [{ team: 'voice', Team: 'chat' }], sameTags, removeTag],
  ['domain.name', [`${'h'.repeat(64)}.com`, '10.0.0.1'], host],
  [
    confirmations,
    [
      [90, 20],
      [20, 20],
    ],
    ascending,
    item(0, set),
  ],
  [confirmations, [20, '20,90'], list, replaceList],
  [confirmations, [[20, 901]], seconds, set, `${confirmations}[1]`],
  [confirmations, [[-1], [1.5]], seconds, set, `${confirmations}[0]`],
];

it('a valid configuration has no problem', () => {
  expect(problemsOf(valid)).toEqual([]);
});

const rows = [...independent, ...others].map((mistake) => ({
  ...{ at: mistake[0], values: mistake[1], message: mistake[2] },
  mistake,
}));

it.each(rows)('$at must not be one of $values: it $message', ({ at, values, mistake }) => {
  for (const value of values) {
    expect(problemsOf(withValues([at, value]))).toEqual([problemOf(mistake)]);
  }
});

it('all independent mistakes are reported together, and nothing else is', () => {
  fc.assert(
    fc.property(fc.subarray([...independent], { minLength: 1 }), (made) => {
      const settings = withValues(...made.map(([at, [value]]) => [at, value] as const));
      expect(problemsOf(settings).toSorted()).toEqual(made.map(problemOf).toSorted());
    }),
  );
});

it('more sources than the environment of a function holds are refused', () => {
  const many = Array.from({ length: 30 }, (_, index) => [`zendesk-${index}`, zendesk]);
  expect(problemsOf({ ...valid, sources: Object.fromEntries(many) })).toEqual([
    expect.stringMatching(/^sources: take \d+ bytes .*\n {4}pulumi config rm --path sources/),
  ]);
});

it('a source of an unknown kind reports its other problems as well', () => {
  const wrong = { ...zendesk, kind: 'fax', ticketUrl: 'acme.com/{id}', taskAttribute: 'a-b' };
  const problems = problemsOf({ ...valid, sources: { fax: wrong } }).join('\n');
  expect(problems).toContain(`sources.fax.kind: ${kinds}`);
  expect(problems).toContain('sources.fax.ticketUrl: must be an https URL');
  expect(problems).toContain('sources.fax.taskAttribute: must be letters');
});

it('an empty configuration reports all required settings', () => {
  expect(errorOf({})?.problems.map(({ path }) => path)).toEqual([
    'sources',
    'twilio.accountSid',
    'twilio.workspaceSid',
    'twilio.apiKey',
    'twilio.apiSecret',
    'twilio.authToken',
  ]);
});

const tooLong = 'must have 20 characters at most: it is part of names that AWS limits to 64';
const lettersOnly =
  'must have only letters, digits, - and _: AWS allows no others in the names of queues';

it.each([
  ['x'.repeat(21), tooLong],
  ['eu.prod', lettersOnly],
])('the stack name %s is refused', (stack, message) => {
  expect(problemsOf(valid, { stack })).toEqual([
    `the stack's name: ${message}\n    pulumi stack rename <name>`,
  ]);
});

it.each([
  ['sources', ['sources.zendesk.signingSecrets']],
  [
    'twilio',
    ['apiSecret', 'authToken[0]', 'authToken[1]', 'sharedKeySecret'].map((key) => `twilio.${key}`),
  ],
])('each secret in %s is refused in plain text, even if it is invalid', (section, paths) => {
  const encrypted = secretKeys.filter((key) => key !== `${project}:${section}`);
  const expected = paths.map(
    (path) =>
      `${path}: is in the stack file in plain text: treat it as leaked, create a new one at its origin, and store that\n    ${setSecret(path)}`,
  );
  expect(problemsOf(valid, { encrypted })).toEqual(expected);
  const invalid = {
    ...valid,
    sources: { zendesk: { ...zendesk, signingSecrets: 'short' } },
    twilio: { ...twilio, apiSecret: 5 },
  };
  expect(problemsOf(invalid, { encrypted })).toEqual(expect.arrayContaining(expected));
});

it('Pulumi shows all problems, each with its command, and no stack trace', () => {
  const error = errorOf({ ...valid, webhook: 1, hook: 2 });
  expect(RunError.isInstance(error)).toBe(true);
  expect(error?.message).toBe(
    [
      'The configuration of the stack is invalid. docs/configuration.md describes every setting; Pulumi.example.yaml is an example.',
      `- webhook: ${unknown}\n    pulumi config rm --path 'webhook'`,
      `- hook: ${unknown}\n    pulumi config rm --path 'hook'`,
    ].join('\n'),
  );
});

interface Options {
  readonly encrypted?: readonly string[];
  readonly stack?: string;
}

/** The error of a configuration in eu-west-1. */
function errorOf(
  settings: Readonly<Record<string, unknown>>,
  { encrypted = secretKeys, stack = 'prod' }: Options = {},
): StackConfigError | undefined {
  try {
    parseStackConfig(project, pulumiConfig(settings, 'eu-west-1'), new Set(encrypted), stack);
    return undefined;
  } catch (error) {
    if (error instanceof StackConfigError) return error;
    throw error;
  }
}

function problemsOf(...given: Parameters<typeof errorOf>): readonly string[] {
  const problems = errorOf(...given)?.problems ?? [];
  return problems.map(({ path, message, command }) => `${path}: ${message}\n    ${command}`);
}

function problemOf([at, , message, command = set, path = at]: Mistake): string {
  return `${path}: ${message}\n    ${command(path)}`;
}

function withValues(...values: (readonly [at: string, value: unknown])[]) {
  const settings = structuredClone<Record<string, unknown>>(valid);
  for (const [at, value] of values) {
    const steps = at.split('.');
    const last = steps.pop() ?? '';
    const section = steps.reduce<unknown>((holder, key) => Object(holder)[key], settings);
    Object.assign(Object(section), { [last]: value });
  }
  return settings;
}
