import { describe, expect, it } from 'vitest';
import { sourcesWithSecrets } from '../../infra/config/sources.ts';
import { parseStackConfig } from '../../infra/config/stack-config.ts';
import { Sources } from '../../lambdas/crm-change/source-config.ts';

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

const parse = (config: Record<string, unknown>) =>
  parseStackConfig(
    'crm-media-sync',
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        `crm-media-sync:${key}`,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  );

const problemsOf = (config: Record<string, unknown>): string => {
  try {
    parse(config);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
};

describe('the configuration of a stack', () => {
  it('needs sources and Twilio, and has a default for the rest', () => {
    const { sync, logs, alarms, twilio: parsed } = parse({ sources: { zendesk }, twilio });
    expect(sync).toEqual({
      maximumConcurrency: 2,
      tasksInParallel: 4,
      confirmAfterSeconds: [20, 90],
    });
    expect(logs).toEqual({ retentionDays: 90 });
    expect(alarms).toEqual({ runbookUrl: 'docs/runbook.md' });
    expect(parsed.taskRouterUrl).toBe('https://taskrouter.twilio.com');
    expect(parsed.taskEventsUrl).toBeUndefined();
  });

  it('gives the function what it reads as its sources, with names of secrets and without secrets', () => {
    const { sources } = parse({ sources: { zendesk }, twilio });
    const filled = sourcesWithSecrets(sources, { zendesk: 'source-zendesk-0a1b2c3' });
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
      parseStackConfig('crm-media-sync', {
        ...others,
        'crm-media-sync:sources': JSON.stringify({ zendesk }),
        'crm-media-sync:twilio': JSON.stringify(twilio),
      }),
    ).not.toThrow();
  });

  it('tells all mistakes at once, each with its path and the command that mends it', () => {
    const { ticketUrl: _, ...withoutUrl } = zendesk;
    const problems = problemsOf({
      sources: {
        zendesk: { ...withoutUrl, colour: 'green', signingSecrets: [] },
        Bad_Name: zendesk,
        forms: { ...zendesk, kind: 'standard-webhook' },
      },
      twilio: { ...twilio, accountSid: 'AC1', apiSecret: '' },
      sync: { maximumConcurrency: 1 },
      logs: { retentionDays: 100 },
      alarms: { email: 'oncall', runbookUrl: 'http://wiki.acme.com/runbook', pager: 1 },
      webhook: 1,
    });
    for (const mend of [
      "pulumi config set --path 'sources.zendesk.ticketUrl' <value>",
      "pulumi config rm --path 'sources.zendesk.colour'",
      "pulumi config set --secret --path 'sources.zendesk.signingSecrets'",
      'sources.Bad_Name',
      "pulumi config set --path 'sources.forms.kind' <value>",
      "pulumi config set --path 'twilio.accountSid' <value>",
      "pulumi config set --secret --path 'twilio.apiSecret'",
      "pulumi config set --path 'sync.maximumConcurrency' <value>",
      "pulumi config set --path 'logs.retentionDays' <value>",
      "pulumi config set --path 'alarms.email' <value>",
      "pulumi config set --path 'alarms.runbookUrl' <value>",
      "pulumi config rm --path 'alarms.pager'",
      "pulumi config rm --path 'webhook'",
    ]) {
      expect(problems).toContain(mend);
    }
  });

  it('says what is wanted where nothing is configured', () => {
    const problems = problemsOf({});
    expect(problems).toContain('sources: must hold each source by its name');
    expect(problems).toContain(
      'twilio: must hold accountSid, apiKey, apiSecret, authToken and workspaceSid',
    );
    expect(problems).toContain('Pulumi.example.yaml');
  });

  it('wants at least one source', () => {
    expect(problemsOf({ sources: {}, twilio })).toContain('a source at least');
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
    expect(sourcesWithSecrets(sources, {})).toMatchObject({ cases: { partnerEventSource: bus } });
    const twice = problemsOf({ sources: { cases, others: cases }, twilio });
    expect(twice).toContain('sources: must not have one partnerEventSource twice');
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
    const source = { ...zendesk, ticketUrl: 'acme.zendesk.com/{id}', linkType: 'Auto' };
    const problems = problemsOf({ sources: { zendesk: source }, twilio });
    expect(problems).toContain('sources.zendesk.ticketUrl: must be an https URL');
    expect(problems).toContain('sources.zendesk.linkType: must be Referenced, Embedded or auto');
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
    expect(problems).toContain("sources.zendesk.signingSecrets[0]: stands in the vendor's");
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
    ['an empty one', '', 'twilio.authToken: is no Auth Token'],
    ['one of an example', '12345', 'twilio.authToken: is one of an example'],
    ['a list with a bad one', [twilio.authToken, 'x'], 'twilio.authToken[1]: is no Auth Token'],
    ['the secret of the API key', twilio.apiSecret, "twilio.authToken: is the API key's secret"],
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
    [[1, 2, 3], ': must hold two numbers of seconds at most'],
    [20, ': must be a list of two numbers of seconds at most, or 0 for no confirmation'],
    ['20,90', ': must be a list of two numbers of seconds at most, or 0 for no confirmation'],
    [[20, 901], '[1]: must be a whole number of seconds, 0 to 900'],
    [[-1], '[0]: must be a whole number of seconds, 0 to 900'],
    [[1.5], '[0]: must be a whole number of seconds, 0 to 900'],
  ])('refuses %j for when a link is confirmed', (confirmAfterSeconds, problem) => {
    const problems = problemsOf({ sources: { zendesk }, twilio, sync: { confirmAfterSeconds } });
    expect(problems).toContain(`sync.confirmAfterSeconds${problem}`);
  });

  it('refuses less reserved concurrency than the queue makes use of', () => {
    const withReserved = (reservedConcurrency: number) =>
      problemsOf({
        sources: { zendesk },
        twilio,
        sync: { maximumConcurrency: 5, reservedConcurrency },
      });
    expect(withReserved(4)).toContain(
      'sync.reservedConcurrency: must not be less than sync.maximumConcurrency',
    );
    expect(withReserved(5)).toBe('');
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
