import { describe, expect, it } from 'vitest';
import { withSecretNames } from '../../infra/config/sources.ts';
import { parseStackConfig, secretConfigKeys } from '../../infra/config/stack-config.ts';
import { Sources } from '../../shared/crm/config.ts';

const zendesk = {
  kind: 'zendesk',
  ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
  taskAttribute: 'zd_ticket_id',
  signingSecrets: ['a-signing-secret-of-zendesk'],
};
const twilio = {
  accountSid: `AC${'0'.repeat(32)}`,
  apiKey: `SK${'1'.repeat(32)}`,
  apiSecret: 'the-secret-of-the-api-key',
  authToken: '0123456789abcdef0123456789abcdef',
  workspaceSid: `WS${'2'.repeat(32)}`,
};

/** What Pulumi tells a program beside its configuration. */
interface Told {
  readonly secretKeys: ReadonlySet<string>;
  readonly stack: string;
  readonly region: string;
}

const encrypted = new Set(['crm-media-sync:sources', 'crm-media-sync:twilio']);

const parse = (
  config: Record<string, unknown>,
  { secretKeys = encrypted, stack = 'prod', region }: Partial<Told> = {},
) =>
  parseStackConfig(
    'crm-media-sync',
    {
      ...(region !== undefined && { 'aws:region': region }),
      ...Object.fromEntries(
        Object.entries(config).map(([key, value]) => [
          `crm-media-sync:${key}`,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    },
    secretKeys,
    stack,
  );

const problemsOf = (config: Record<string, unknown>, told: Partial<Told> = {}): string => {
  try {
    parse(config, told);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
};

describe('the configuration of a stack', () => {
  it('needs sources and Twilio, and has a default for the rest', () => {
    const { sources: _, twilio: parsed, ...defaults } = parse({ sources: { zendesk }, twilio });
    expect(defaults).toEqual({
      sync: { tasksInParallel: 4, confirmAfterSeconds: [20, 90] },
      limits: {
        twilioConcurrentRequests: 16,
        requestsPerSecond: 50,
        burst: 50,
        reserveConcurrency: true,
      },
      logs: { retentionDays: 90 },
      alarms: { runbookUrl: 'docs/runbook.md' },
      key: { deletionWindowDays: 30 },
      tags: {},
      keep: [],
    });
    expect(parsed.taskRouterUrl).toBe('https://taskrouter.twilio.com');
    expect(parsed.taskEventsUrl).toBeUndefined();
  });

  it('gives the function what it reads as its sources, with names of secrets and without secrets', () => {
    const { sources } = parse({ sources: { zendesk }, twilio });
    const filled = withSecretNames(sources, { zendesk: 'source-zendesk-0a1b2c3' });
    expect(Sources.parse(filled)).toEqual(filled);
    expect(filled['zendesk']?.secret).toBe('source-zendesk-0a1b2c3');
    expect(JSON.stringify(filled)).not.toContain('a-signing-secret');
  });

  it('takes one signing secret, or several while one is rotated out', () => {
    const one = { ...zendesk, signingSecrets: 'the-only-signing-secret' };
    const two = {
      ...zendesk,
      signingSecrets: ['the-new-signing-secret', 'the-old-signing-secret'],
    };
    const { sources } = parse({ sources: { one, two }, twilio });
    expect(sources['one']?.signingSecrets).toEqual(['the-only-signing-secret']);
    expect(sources['two']?.signingSecrets).toEqual([
      'the-new-signing-secret',
      'the-old-signing-secret',
    ]);
  });

  it('takes the id of a ticket field that `pulumi config set --path` made a number of', () => {
    const { sources } = parse({
      sources: { zendesk: { ...zendesk, sidField: 360012345678 } },
      twilio,
    });
    expect(sources['zendesk']?.config).toMatchObject({ sidField: '360012345678' });
  });

  it('leaves alone what belongs to other namespaces', () => {
    const others = { 'aws:region': 'eu-west-1', 'crm-media-sync-other:sources': '1' };
    expect(() =>
      parseStackConfig(
        'crm-media-sync',
        {
          ...others,
          'crm-media-sync:sources': JSON.stringify({ zendesk }),
          'crm-media-sync:twilio': JSON.stringify(twilio),
        },
        encrypted,
        'prod',
      ),
    ).not.toThrow();
  });

  it('wants at least one source', () => {
    expect(problemsOf({ sources: {}, twilio })).toContain('at least one source');
  });

  it('wants a host that the links go to among the allowed ones', () => {
    const source = { ...zendesk, allowedHosts: ['help.acme.com'] };
    expect(problemsOf({ sources: { zendesk: source }, twilio })).toContain(
      'sources.zendesk.allowedHosts: must hold acme.zendesk.com',
    );
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['an empty list', []],
    ['a short one', 'secret'],
    ['a list with a short one', ['a-signing-secret-of-zendesk', 'old']],
  ])('refuses a source with %s for a signing secret', (_, signingSecrets) => {
    expect(problemsOf({ sources: { zendesk: { ...zendesk, signingSecrets } }, twilio })).toMatch(
      /pulumi config set --secret --path 'sources\.zendesk\.signingSecrets(\[1\])?'/,
    );
  });

  it('refuses a name for the secret of a source, as that is the program’s to give', () => {
    const source = { ...zendesk, secret: 'mine' };
    expect(problemsOf({ sources: { zendesk: source }, twilio })).toContain(
      "pulumi config rm --path 'sources.zendesk.secret'",
    );
  });

  it('takes a source that comes by EventBridge, with its bus and without a secret', () => {
    const bus = 'aws.partner/salesforce.com/00Dxx0000001gPFEAY/0YLxx00000000zJOAQ';
    const cases = {
      kind: 'salesforce',
      ticketUrl: 'https://acme.lightning.force.com/lightning/r/Case/{id}/view',
      partnerEventSource: bus,
    };
    const { sources } = parse({ sources: { cases }, twilio });
    expect(sources['cases']?.signingSecrets).toEqual([]);
    expect(withSecretNames(sources, {})).toMatchObject({ cases: { partnerEventSource: bus } });
    const twice = problemsOf({ sources: { cases, others: cases }, twilio });
    expect(twice).toContain(
      'sources.others.partnerEventSource: must differ from sources.cases.partnerEventSource',
    );
    const { partnerEventSource: _, ...without } = cases;
    expect(problemsOf({ sources: { cases: without }, twilio })).toContain(
      "pulumi config set --path 'sources.cases.partnerEventSource' <value>",
    );
    const signed = { ...cases, signingSecrets: 'a-signing-secret-of-nobody' };
    expect(problemsOf({ sources: { cases: signed }, twilio })).toContain(
      "pulumi config rm --path 'sources.cases.signingSecrets'",
    );
  });

  it('tells what is wrong with a ticketUrl that is no URL, and all the rest', () => {
    const source = { ...zendesk, ticketUrl: 'acme.zendesk.com/{id}', linkType: 'auto' };
    const problems = problemsOf({ sources: { zendesk: source }, twilio });
    expect(problems).toContain('sources.zendesk.ticketUrl: must be an https URL');
    expect(problems).toContain(
      'sources.zendesk.linkType: must be Referenced or Embedded; run `npm run ops -- doctor`, it says which linkType to configure',
    );
  });

  it('takes out a setting that is for another kind', () => {
    const source = { ...zendesk, partnerEventSource: 'aws.partner/a/b' };
    const problems = problemsOf({ sources: { zendesk: source }, twilio });
    expect(problems).toContain("pulumi config rm --path 'sources.zendesk.partnerEventSource'");
  });

  it('reads a secret without the white space around it, as the function does', () => {
    const source = { ...zendesk, signingSecrets: [' a-signing-secret-of-zendesk\n'] };
    const { sources } = parse({ sources: { zendesk: source }, twilio });
    expect(sources['zendesk']?.signingSecrets).toEqual(['a-signing-secret-of-zendesk']);
    const blank = { ...zendesk, signingSecrets: [' '.repeat(20)] };
    expect(problemsOf({ sources: { zendesk: blank }, twilio })).toContain('is empty');
  });

  it.each([
    'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
    'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==\n',
  ])('refuses the secret that a vendor publishes (%#)', (published) => {
    const source = { ...zendesk, signingSecrets: [published] };
    const problems = problemsOf({ sources: { zendesk: source }, twilio });
    expect(problems).toContain("sources.zendesk.signingSecrets[0]: is published in the vendor's");
    expect(problems).not.toContain(published.trim());
  });

  it('refuses more sources than a function’s environment holds', () => {
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`zendesk-${index}`, zendesk]),
    );
    expect(problemsOf({ sources: many, twilio })).toMatch(/sources: take \d+ bytes/);
  });

  it('takes one Auth Token, or several while it is rotated, without the white space around them', () => {
    const tokens = (authToken: unknown) =>
      parse({ sources: { zendesk }, twilio: { ...twilio, authToken } }).twilio.authToken;
    const [present, next] = ['0123456789abcdef'.repeat(2), 'fedcba9876543210'.repeat(2)];
    expect(tokens(`${present}\n`)).toEqual([present]);
    expect(tokens([next, ` ${present}`])).toEqual([next, present]);
  });

  it.each([
    ['none', undefined, 'twilio.authToken: must be the Auth Token that Twilio signs with'],
    ['an empty list', [], 'twilio.authToken: must be the Auth Token that Twilio signs with'],
    ['an empty one', '', 'twilio.authToken: is not an Auth Token'],
    ['one of an example', '12345', 'twilio.authToken: is an example value'],
    ['a list with a bad one', [twilio.authToken, 'x'], 'twilio.authToken[1]: is not an Auth Token'],
    [
      'the secret of the API key',
      twilio.apiSecret,
      'twilio.authToken: is the secret of the API key',
    ],
  ])('refuses %s for the Auth Token, and says how to set it', (_, authToken, problem) => {
    const problems = problemsOf({ sources: { zendesk }, twilio: { ...twilio, authToken } });
    expect(problems).toContain(problem);
    const [path] = problem.split(':');
    expect(problems).toContain(`pulumi config set --secret --path '${path}'`);
  });

  it('takes the URL that Twilio sends events to as it stands', () => {
    const taskEventsUrl = 'https://hooks.acme.com:8443/Flex/@events/';
    const parsed = parse({ sources: { zendesk }, twilio: { ...twilio, taskEventsUrl } });
    expect(parsed.twilio.taskEventsUrl).toBe(taskEventsUrl);
  });

  it.each([
    ['http://hooks.acme.com/events', 'must be an https URL'],
    ['hooks.acme.com/events', 'must be an https URL'],
    ['https://hooks.acme.com/events?a=1', 'must hold neither a query nor a fragment'],
    ['https://hooks.acme.com/events#a', 'must hold neither a query nor a fragment'],
    ['https://me:hush@hooks.acme.com/events', 'must not hold a user name or a password'],
    [`https://hooks.acme.com/${'x'.repeat(200)}`, 'must not have more than 200 characters'],
  ])('refuses %s for the URL that Twilio sends events to', (taskEventsUrl, problem) => {
    const problems = problemsOf({ sources: { zendesk }, twilio: { ...twilio, taskEventsUrl } });
    expect(problems).toContain(`twilio.taskEventsUrl: ${problem}`);
    expect(problems).not.toContain('hush');
  });

  it.each([
    [
      'twilio',
      { ...twilio, taskRouterUrl: 'https://me:hush@tr.example.com' },
      'twilio.taskRouterUrl',
    ],
    [
      'twilio',
      { ...twilio, taskRouterUrl: 'https:\\\\me:hush@tr.example.com' },
      'twilio.taskRouterUrl',
    ],
    ['alarms', { runbookUrl: 'https://me:hush@wiki.example.com/runbook' }, 'alarms.runbookUrl'],
  ])(
    'refuses a URL with a password under %s, as it is shown in the open',
    (section, settings, path) => {
      const problems = problemsOf({ sources: { zendesk }, twilio, [section]: settings });
      expect(problems).toContain(`${path}: must not hold a user name or a password`);
      expect(problems).not.toContain('hush');
    },
  );

  it('refuses tags that IAM takes for one', () => {
    const tags = (given: Record<string, string>) =>
      problemsOf({ sources: { zendesk }, twilio, tags: given });
    expect(tags({ team: 'voice', Team: 'chat' })).toContain('differ only in case');
    expect(tags({ Application: 'flex', team: 'voice' })).toBe('');
  });

  it.each([
    '-hooks.acme.com',
    'hooks-.acme.com',
    `${'h'.repeat(64)}.com`,
    '10.0.0.1',
    'hooks.acme.com.',
  ])('refuses %s for a host, as no certificate is for such a name', (name) => {
    const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d';
    const problems = problemsOf({ sources: { zendesk }, twilio, domain: { name, certificateArn } });
    expect(problems).toContain('domain.name: must be a lower-case host name');
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
  ])('takes %j for when a link is confirmed', (confirmAfterSeconds, expected) => {
    const { sync } = parse({ sources: { zendesk }, twilio, sync: { confirmAfterSeconds } });
    expect(sync.confirmAfterSeconds).toEqual(expected);
  });

  it.each([
    [[90, 20], ': must ascend'],
    [[20, 20], ': must ascend'],
    [[1, 2, 3], ': must be a list of two numbers of seconds at most'],
    [20, ': must be a list of two numbers of seconds at most, or 0 for no confirmation'],
    ['20,90', ': must be a list of two numbers of seconds at most, or 0 for no confirmation'],
    [[20, 901], '[1]: must be a whole number of seconds, 0 to 900'],
    [[-1], '[0]: must be a whole number of seconds, 0 to 900'],
    [[1.5], '[0]: must be a whole number of seconds, 0 to 900'],
  ])('refuses %j for when a link is confirmed', (confirmAfterSeconds, problem) => {
    const problems = problemsOf({ sources: { zendesk }, twilio, sync: { confirmAfterSeconds } });
    expect(problems).toContain(`sync.confirmAfterSeconds${problem}`);
  });

  it('wants room for two instances in the requests that Twilio may have under way', () => {
    const problemsWith = (twilioConcurrentRequests: number) =>
      problemsOf({
        sources: { zendesk },
        twilio,
        sync: { tasksInParallel: 10 },
        limits: { twilioConcurrentRequests },
      });
    expect(problemsWith(39)).toContain('limits.twilioConcurrentRequests: must be at least 40');
    expect(problemsWith(40)).toBe('');
  });

  describe('of another region than the stack', () => {
    const key = { arn: 'arn:aws:kms:us-east-1:123456789012:key/0a1b' };
    const domain = {
      name: 'hooks.acme.com',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0a1b',
    };
    const config = { sources: { zendesk }, twilio, key, domain };

    it('a key and a certificate are refused', () => {
      const problems = problemsOf(config, { region: 'eu-west-1' });
      expect(problems).toContain('key.arn: must be in eu-west-1, the region of the stack');
      expect(problems).toContain('domain.certificateArn: must be in eu-west-1');
    });

    it('they are not, where it is not known: it may come from the environment', () => {
      expect(problemsOf(config)).toBe('');
      expect(problemsOf(config, { region: 'us-east-1' })).toBe('');
    });
  });

  describe('with secrets that are not encrypted', () => {
    const bus = 'aws.partner/salesforce.com/00Dxx0000001gPFEAY/0YLxx00000000zJOAQ';
    const cases = { kind: 'salesforce', ticketUrl: zendesk.ticketUrl, partnerEventSource: bus };
    const only = (key: string) => new Set([`crm-media-sync:${key}`]);

    it('is refused: each is to be taken for known, renewed and encrypted', () => {
      const rotated = { ...twilio, authToken: [twilio.authToken, '0'.repeat(31).concat('1')] };
      const problems = problemsOf(
        { sources: { zendesk, cases }, twilio: rotated },
        { secretKeys: new Set() },
      );
      for (const path of [
        'sources.zendesk.signingSecrets[0]',
        'twilio.apiSecret',
        'twilio.authToken[0]',
        'twilio.authToken[1]',
      ]) {
        expect(problems).toContain(`- ${path}: is in the stack file in plain text`);
        expect(problems).toContain(`pulumi config set --secret --path '${path}'`);
      }
      expect(problems).not.toContain('cases');
    });

    it('is told by the key: Pulumi tells no more', () => {
      const config = { sources: { zendesk }, twilio };
      expect(problemsOf(config, { secretKeys: only('twilio') })).not.toContain('- twilio');
      expect(problemsOf(config, { secretKeys: only('sources') })).not.toContain('- sources');
    });

    it('does not count sources that have none', () => {
      expect(problemsOf({ sources: { cases }, twilio }, { secretKeys: only('twilio') })).toBe('');
    });

    it('is told of those that are no good as well', () => {
      const problems = problemsOf(
        { sources: { zendesk: { signingSecrets: 'short' } }, twilio: { apiSecret: 5 } },
        { secretKeys: new Set() },
      );
      expect(problems).toContain('- sources.zendesk.signingSecrets: is in the stack file');
      expect(problems).toContain('- twilio.apiSecret: is in the stack file');
    });
  });

  it('reads which keys are secret as Pulumi tells a program', () => {
    const keys = ['crm-media-sync:sources', 'crm-media-sync:twilio'];
    const environment = { PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(keys) };
    expect(secretConfigKeys(environment)).toEqual(new Set(keys));
    expect(secretConfigKeys({})).toEqual(new Set());
  });

  it.each(['prod', 'eu_Prod-2', 'p'.repeat(20)])('takes %s for the name of its stack', (stack) => {
    expect(problemsOf({ sources: { zendesk }, twilio }, { stack })).toBe('');
  });

  it.each([
    ['p'.repeat(21), 'must have 20 characters at most'],
    ['eu.prod', 'must have only letters, digits, - and _'],
  ])('refuses %s for the name of its stack', (stack, problem) => {
    const problems = problemsOf({ sources: { zendesk }, twilio }, { stack });
    expect(problems).toContain(`the stack's name: ${problem}`);
    expect(problems).toContain('pulumi stack rename');
  });

  it('quotes no secret when it complains', () => {
    const problems = problemsOf({
      sources: { zendesk: { ...zendesk, signingSecrets: ['hush-hush'], kind: 'fax' } },
      twilio: {
        ...twilio,
        apiSecret: ['hush-hush'],
        apiKey: 'hush-hush',
        authToken: ['hush-hush', 'hush hush hush hush'],
      },
    });
    expect(problems).toContain('twilio.apiSecret');
    expect(problems).toContain('twilio.authToken[1]');
    expect(problems).not.toContain('hush');
  });
});
