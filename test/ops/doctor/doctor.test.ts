import { describe, expect, it } from 'vitest';
import { account, deploymentFacts } from '../command-line.ts';
import { authToken, parseFindings, startDoctorHarness, statesNotOk } from './doctor-harness.ts';

describe('doctor of the embedded world', () => {
  it('finds nothing bad where all is well, and says what it cannot look at', async () => {
    const { ops } = await startDoctorHarness();
    await ops('connect', '--yes');
    const ended = await ops('doctor', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const findings = parseFindings(ended);
    expect(statesNotOk(findings)).toEqual({});
    expect(Object.keys(findings)).toEqual([
      'API key',
      'Workspace',
      'list Tasks',
      'search Tasks',
      'read a Task',
      'list reservations',
      'update a Task',
      'Auth Token',
      'events',
      'clock of Twilio',
      'clock of AWS',
      'zendesk',
      'pages',
      'changes',
      'dead letters',
      'dead events',
      'oldest change',
      'alarms',
    ]);
    expect(findings['pages']?.finding).toContain('not asked for');
    expect(findings['oldest change']?.finding).toContain('no CloudWatch');
    expect(findings['alarms']?.finding).toContain('has none');
  });

  it('changes nothing', async () => {
    const { ops, emulator, queues } = await startDoctorHarness();
    await queues.sendMessage(queues.deadLetterQueueUrl);
    await ops('doctor');
    const ended = await ops('doctor', '--json');
    expect(parseFindings(ended)['dead letters']?.finding).toContain('1 ');
    const authorization = `Basic ${btoa(`${account.apiKey}:${account.apiSecret}`)}`;
    const stats = await (await fetch(`${emulator.url}/_twin/stats`)).json();
    expect(stats).toMatchObject({
      calls: { createTask: 0, deleteTask: 0, updateReservation: 0 },
      events: {},
    });
    const sinks = await fetch(`${emulator.url}/v1/Sinks`, { headers: { authorization } });
    expect(await sinks.json()).toMatchObject({ sinks: [] });
  });

  it('tells of each finding in lines, with the next step below what is not well', async () => {
    const { ops, queues } = await startDoctorHarness();
    await queues.sendMessage(queues.deadLetterQueueUrl);
    const { code, stdout } = await ops('doctor', '--local');
    expect(code).toBe(4);
    expect(stdout).toContain('Queues\n  ✓ changes');
    expect(stdout).toMatch(
      /^ {2}✗ dead letters +1 given up.*\n +-> See why, then replay: npm run ops -- dlq list --local$/m,
    );
    expect(stdout).toMatch(/^ {2}! events .*\n +-> .*npm run ops -- connect --local$/m);
    expect(stdout).toMatch(/\n\n16 ok, 1 warning, 1 bad, 0 unknown\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('tells of events that could not be taken in', async () => {
    const { ops, queues } = await startDoctorHarness();
    await queues.sendMessage(queues.eventDeadLetterQueueUrl);
    await queues.sendMessage(queues.queueUrl);
    const ended = await ops('doctor', '--json');
    expect(ended.code).toBe(4);
    expect(statesNotOk(parseFindings(ended))).toEqual({ events: 'warning', 'dead events': 'bad' });
    expect(parseFindings(ended)['changes']?.finding).toBe(
      '1 to be taken, 0 being worked on, 0 held back',
    );
  });

  it('tells of a queue that is not there', async () => {
    const { ops, writeDescription, queues } = await startDoctorHarness();
    await writeDescription({ deadLetterQueueUrl: `${queues.url}/000000000000/elsewhere` });
    const found = parseFindings(await ops('doctor', '--json'))['dead letters'];
    expect(found).toMatchObject({ state: 'bad', finding: 'there is no such queue' });
  });

  it('knows the events to come by the callback as well', async () => {
    const { ops } = await startDoctorHarness();
    await ops('connect', '--via', 'callback', '--yes');
    const found = parseFindings(await ops('doctor', '--json'))['events'];
    expect(found).toMatchObject({ state: 'ok', finding: expect.stringContaining('callback') });
  });
});

describe('the secrets', () => {
  const withSecrets = async (change: Readonly<Record<string, string | undefined>>) => {
    const { ops, secrets } = await startDoctorHarness();
    for (const [name, text] of Object.entries(change)) {
      if (text === undefined) delete secrets.stored[name];
      else secrets.stored[name] = text;
    }
    const ended = await ops('doctor', '--json');
    return { code: ended.code, findings: parseFindings(ended) };
  };
  const { twilio, authToken: authTokenName, sources } = deploymentFacts.secrets;

  it.each([
    ['the key', twilio, 'API key'],
    ['the Auth Token', authTokenName, 'Auth Token'],
    ['what a source signs with', sources.zendesk, 'zendesk'],
  ])('have to be there: %s', async (_what, name, about) => {
    const gone = await withSecrets({ [name]: undefined });
    expect(gone.code).toBe(4);
    expect(JSON.stringify(gone.findings)).toContain(`there is no secret ${name}`);
    const empty = await withSecrets({ [name]: ' ' });
    expect(JSON.stringify(empty.findings)).toContain(`secret ${name} is empty`);
    expect([gone.findings[about]?.state, empty.findings[about]?.state]).toEqual(['bad', 'bad']);
  });

  it('of a key have to be whole, and nothing is asked with half of one', async () => {
    const { code, findings } = await withSecrets({ [twilio]: '{"accountSid":"hush-hush"}' });
    expect(code).toBe(4);
    expect(findings['API key']).toMatchObject({
      state: 'bad',
      finding: expect.stringContaining('apiSecret'),
    });
    expect(JSON.stringify(findings)).not.toContain('hush-hush');
    expect(findings['list Tasks']).toBeUndefined();
    expect(findings['Auth Token']).toMatchObject({ state: 'unknown' });
  });

  it.each([
    [
      'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
      "it is published in the vendor's documentation",
    ],
    ['short', 'it has 5 characters'],
    [JSON.stringify(['right-and-long-enough', 'short']), 'number 2 has 5 characters'],
    [JSON.stringify(['short', '']), 'number 1 has 5 characters'],
    ['[]', 'must hold a signing secret'],
  ])('of a source have to be of use: %s', async (text, finding) => {
    const { code, findings } = await withSecrets({ [sources.zendesk]: text });
    expect(code).toBe(4);
    expect(findings['zendesk']).toMatchObject({
      state: 'bad',
      finding: expect.stringContaining(finding),
      next: expect.stringContaining('sources.zendesk.signingSecrets'),
    });
  });

  it('of a source may be two while one is rotated', async () => {
    const two = JSON.stringify(['the-present-secret-of-it', 'the-former-secret-of-it']);
    const { findings } = await withSecrets({ [sources.zendesk]: two });
    expect(findings['zendesk']).toMatchObject({ state: 'ok' });
    expect(findings['zendesk']?.finding).toContain('2 of the right form');
  });

  it('of a source that the stack names none for', async () => {
    const { ops, writeDescription } = await startDoctorHarness();
    const { ticketUrl } = deploymentFacts.sources.zendesk;
    await writeDescription({
      sources: {
        lost: { kind: 'zendesk', ticketUrl },
        cases: { kind: 'salesforce', ticketUrl },
        later: { kind: 'what-comes-later', ticketUrl },
      },
    });
    const findings = parseFindings(await ops('doctor', '--json'));
    expect(findings['lost']?.state).toBe('bad');
    expect(findings['cases']).toMatchObject({
      state: 'ok',
      finding: expect.stringContaining('EventBridge'),
    });
    expect(findings['later']?.state).toBe('unknown');
  });

  it('that Twilio signs with have to be of the account', async () => {
    const other = 'f'.repeat(32);
    const { findings } = await withSecrets({ [authTokenName]: other });
    expect(findings['Auth Token']).toMatchObject({
      state: 'bad',
      finding: expect.stringContaining('does not accept it'),
    });
    expect(JSON.stringify(findings)).not.toContain(other);
  });

  it('that Twilio signs with have to be Auth Tokens', async () => {
    const { findings } = await withSecrets({ [authTokenName]: account.apiKey });
    expect(findings['Auth Token']).toMatchObject({
      state: 'bad',
      finding: expect.stringContaining('is not an Auth Token'),
    });
  });

  it('that Twilio signs with may be two, of which one is accepted', async () => {
    const { code, findings } = await withSecrets({
      [authTokenName]: JSON.stringify([authToken, 'f'.repeat(32)]),
    });
    expect(code).toBe(0);
    expect(findings['Auth Token 1']?.state).toBe('ok');
    expect(findings['Auth Token 2']?.state).toBe('warning');
  });
});

describe('the command line', () => {
  it('is taught, with the exit code that is its own', async () => {
    const { ops } = await startDoctorHarness();
    const { code, stdout } = await ops('doctor', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(stdout).toMatch(/^ {2}4 {2}doctor found something bad$/m);
  });

  it.each([
    [['--config']],
    [['--ticket', 'zendesk=1']],
    [['--stack', 'prod', '--ticket', 'zendesk']],
    [['--stack', 'prod', '--ticket', 'zendesk=a/b']],
    [['--stack', 'prod', '--ticket', 'Zendesk=1']],
    [['--local', '--profile', 'mine']],
  ])('refuses %j', async (args) => {
    const { ops } = await startDoctorHarness();
    const { code, stdout, stderr } = await ops('doctor', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--help');
  });
});
