import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { followedEvents } from '../../../shared/taskrouter/task-router.ts';
import { account, deploymentFacts } from '../command-line.ts';
import {
  authToken,
  finds,
  parseFindings,
  startDoctorHarness,
  statesNotOk,
} from './doctor-harness.ts';

const Subscriptions = z.object({ subscriptions: z.tuple([z.object({ sid: z.string() })]) });

describe('doctor of the local stack', () => {
  it('finds no problem in a healthy one, and says what it cannot check', async () => {
    const { ops } = await startDoctorHarness();
    await ops('connect', '--yes');
    const ended = await ops('doctor', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const findings = parseFindings(ended);
    expect(statesNotOk(findings)).toEqual({});
    expect(Object.keys(findings)).toEqual([
      ...['API key', 'Workspace', 'list Tasks', 'search Tasks', 'read a Task'],
      ...['list reservations', 'update a Task', 'Auth Token', 'events', 'SharedKey'],
      ...['clock of Twilio', 'clock of AWS', 'zendesk', 'rejected requests', 'outcomes', 'pages'],
      ...['changes and lookups', 'dead letters', 'event dead letters', 'event source'],
      ...['oldest message', 'alarms'],
    ]);
    expect(findings['pages']?.finding).toContain('skipped');
    expect(findings['oldest message']?.finding).toContain('no CloudWatch');
    expect(findings['alarms']?.finding).toContain('has none');
  });

  it('changes nothing', async () => {
    const { ops, emulator, twilio, queues } = await startDoctorHarness();
    await queues.sendMessage(queues.deadLetterQueueUrl);
    await ops('doctor');
    const ended = await ops('doctor', '--json');
    expect(parseFindings(ended)['dead letters']?.finding).toContain('1 ');
    const stats = await (await fetch(`${emulator.url}/_emulator/stats`)).json();
    expect(stats).toMatchObject({
      calls: { createTask: 0, deleteTask: 0, updateReservation: 0 },
      events: {},
    });
    expect(await twilio('Sinks')).toMatchObject({ sinks: [] });
  });

  it('prints each finding, with the next step below each that is not ok', async () => {
    const { ops, queues } = await startDoctorHarness();
    await queues.sendMessage(queues.deadLetterQueueUrl);
    const { code, stdout } = await ops('doctor', '--local');
    expect(code).toBe(4);
    expect(stdout).toContain('Queues\n  ✓ changes');
    expect(stdout).toMatch(
      /^ {2}✗ dead letters +1 in the dead-letter queue.*\n +-> .*npm run ops -- dlq list --local$/m,
    );
    expect(stdout).toMatch(/^ {2}! events .*\n +-> .*npm run ops -- connect --local$/m);
    expect(stdout).toMatch(/\n\n20 ok, 1 warning, 1 failed, 0 unknown\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  it('fails if EventBridge events could not be processed', async () => {
    const { ops, queues } = await startDoctorHarness();
    await queues.sendMessage(queues.eventDeadLetterQueueUrl);
    await queues.sendMessage(queues.queueUrls.changes);
    const ended = await ops('doctor', '--json');
    expect(ended.code).toBe(4);
    expect(statesNotOk(parseFindings(ended))).toEqual({
      events: 'warning',
      'event dead letters': 'failed',
    });
    expect(parseFindings(ended)['changes and lookups']?.finding).toBe(
      '1 ready, 0 in flight, 0 waiting for a retry, 0 delayed',
    );
  });

  it('fails if a queue does not exist', async () => {
    const { ops, writeDescription, queues } = await startDoctorHarness();
    await writeDescription({ deadLetterQueueUrl: `${queues.url}/000000000000/elsewhere` });
    const found = parseFindings(await ops('doctor', '--json'))['dead letters'];
    expect(found).toMatchObject({ state: 'failed', finding: 'the queue does not exist' });
  });

  it('accepts events by the callback too', async () => {
    const { ops } = await startDoctorHarness();
    await ops('connect', '--via', 'callback', '--yes');
    const found = parseFindings(await ops('doctor', '--json'))['events'];
    expect(found).toMatchObject(finds('ok', 'callback'));
  });

  it.each(['event-streams', 'callback'])(
    'names the event that Twilio does not send after an older connect --via %s',
    async (via) => {
      const { ops, twilio } = await startDoctorHarness();
      await ops('connect', '--yes', '--via', via);
      if (via === 'callback') {
        const EventsFilter = followedEvents.filter((type) => type !== 'task.canceled').join(',');
        await twilio(`Workspaces/${account.workspaceSid}`, { EventsFilter });
      } else {
        const listed = Subscriptions.parse(await twilio('Subscriptions'));
        const path = `Subscriptions/${listed.subscriptions[0].sid}/SubscribedEvents`;
        await twilio(`${path}/com.twilio.taskrouter.task.canceled`, undefined, 'DELETE');
      }
      expect(parseFindings(await ops('doctor', '--json'))['events']).toMatchObject(
        finds('warning', /does not send task\.canceled:/, 'npm run ops -- connect'),
      );
    },
  );
});

describe('doctor and rejected requests', () => {
  it('warns of each cause of a source, with what to do, and counts no scans', async () => {
    const { ops, logs } = await startDoctorHarness();
    const unauthenticated = { source: 'zendesk', outcome: 'unauthenticated' };
    for (const reason of ['signature', 'signature', 'stale', 'future', 'malformed']) {
      logs.log('crm-change', { ...unauthenticated, reasons: [reason] });
    }
    const unsigned = { outcome: 'malformed', reasons: ['unsigned'] };
    logs.log('crm-change', { ...unsigned, source: 'zendesk' });
    const invalid = { outcome: 'invalid', reasons: ['not a ticket event'], fields: ['data.id'] };
    logs.log('crm-change', { ...invalid, source: 'zendesk' });
    logs.log('crm-change', { outcome: 'not-found' });
    logs.log('crm-change', { source: 'zendesk', outcome: 'accepted' }, 'INFO');
    logs.log('task-event', { outcome: 'unverifiable', reasons: ['shared-key'] });
    const findings = parseFindings(await ops('doctor', '--json'));
    const rejected = Object.values(findings).filter(({ check }) => check === 'Requests');
    const found = rejected.map(({ about, state, finding, next }) => [about, state, finding, next]);
    const once = '1 rejected in the last 24 hours';
    expect(found).toEqual([
      ['zendesk: signature', 'warning', `2${once.slice(1)}`, expect.stringMatching(/secret/)],
      ['zendesk: stale', 'warning', once, expect.stringMatching(/secret is right.*captured/)],
      ['zendesk: future', 'warning', once, expect.stringMatching(/clock/)],
      ['zendesk: malformed', 'warning', once, expect.stringMatching(/kind of the source/)],
      ['zendesk: unsigned', 'warning', once, expect.stringMatching(/Set the signing secret/)],
      ['zendesk: invalid', 'warning', once, expect.stringMatching(/names the fields/)],
      ['Twilio: shared-key', 'warning', once, expect.stringMatching(/twilio.sharedKeySecret/)],
    ]);
  });

  it('says that it may not read the log', async () => {
    const { ops, writeDescription } = await startDoctorHarness();
    await writeDescription({ taskEventLogGroup: 'gone' });
    const found = parseFindings(await ops('doctor', '--json'))['rejected requests'];
    expect(found).toMatchObject({ state: 'unknown', check: 'Requests' });
  });
});

describe('doctor and the outcomes of the last hour', () => {
  it.each([
    ['counts', ['linked', 'linked', 'unmatched', 'retry'], 'ok', '2 linked, 1 unmatched, 1 retry'],
    ['fails if none came to an end', ['retry', 'retry'], 'failed', '2 retry: none came to an end'],
    ['warns if none matched a Task', ['unmatched'], 'warning', /^1 unmatched: .* last 7 days$/],
  ])('%s', async (_, outcomes, state, finding) => {
    const { ops, logs } = await startDoctorHarness();
    const log = (source: string, outcome: string) =>
      logs.log('sync', { message: 'outcome', outcome, ticket: `${source}/1` }, 'INFO');
    for (const outcome of outcomes) log('zendesk', outcome);
    log('forms', 'linked');
    logs.log('sync', { message: 'outcome', outcome: 'reconciled', reconcile: 'event' }, 'INFO');
    const findings = parseFindings(await ops('doctor', '--json'));
    expect(findings['zendesk, last hour']).toMatchObject({
      check: 'Tickets',
      state,
      finding: typeof finding === 'string' ? finding : expect.stringMatching(finding),
    });
    expect(findings['forms, last hour']).toMatchObject({ state: 'ok', finding: '1 linked' });
  });

  it('are fine if none matched a Task and the source has linked a ticket within seven days', async () => {
    const { ops, logs } = await startDoctorHarness();
    vi.setSystemTime(Date.now() - 6 * 86_400_000);
    logs.log('sync', { message: 'outcome', outcome: 'linked', ticket: 'zendesk/1' }, 'INFO');
    vi.useRealTimers();
    logs.log('sync', { message: 'outcome', outcome: 'unmatched', ticket: 'zendesk/2' }, 'INFO');
    const found = parseFindings(await ops('doctor', '--json'))['zendesk, last hour'];
    expect(found).toMatchObject({ state: 'ok', finding: '1 unmatched' });
  });
});

describe('doctor and the secrets', () => {
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

  it('checks the form of the SharedKey, if there is one', async () => {
    const { ops, secrets, writeDescription } = await startDoctorHarness();
    await writeDescription({ secrets: { ...deploymentFacts.secrets, sharedKey: 'shared-key' } });
    for (const [text, state] of [
      ['webhooks_sharedkey_01', 'failed'],
      ['k'.repeat(40), 'ok'],
    ] as const) {
      secrets.stored['shared-key'] = text;
      expect(parseFindings(await ops('doctor', '--json'))['SharedKey']?.state).toBe(state);
    }
  });

  it.each([
    ['the API key', twilio, 'API key'],
    ['the Auth Token', authTokenName, 'Auth Token'],
    ['the signing secret', sources.zendesk, 'zendesk'],
  ])('fails if a secret is missing or empty: %s', async (_what, name, of) => {
    const gone = await withSecrets({ [name]: undefined });
    expect(gone.code).toBe(4);
    expect(JSON.stringify(gone.findings)).toContain(`secret ${name} does not exist`);
    const empty = await withSecrets({ [name]: ' ' });
    expect(JSON.stringify(empty.findings)).toContain(`secret ${name} is empty`);
    expect([gone.findings[of]?.state, empty.findings[of]?.state]).toEqual(['failed', 'failed']);
  });

  it('fails if the API key is incomplete, and does not call Twilio with it', async () => {
    const { code, findings } = await withSecrets({ [twilio]: '{"accountSid":"hush-hush"}' });
    expect(code).toBe(4);
    expect(findings['API key']).toMatchObject(finds('failed', 'apiSecret'));
    expect(JSON.stringify(findings)).not.toContain('hush-hush');
    expect(findings['list Tasks']).toBeUndefined();
    expect(findings['Auth Token']).toMatchObject({ state: 'unknown' });
  });

  it.each([
    [
      'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==',
      "it is published in the vendor's documentation",
    ],
    [JSON.stringify(['right-and-long-enough', 'short']), 'number 2 has 5 characters'],
    ['[]', 'must hold a signing secret'],
  ])('fails if the signing secret of a source is unusable: %s', async (text, finding) => {
    const { code, findings } = await withSecrets({ [sources.zendesk]: text });
    expect(code).toBe(4);
    expect(findings['zendesk']).toMatchObject(
      finds('failed', finding, 'sources.zendesk.signingSecrets'),
    );
  });

  it('accepts two signing secrets during a rotation', async () => {
    const two = JSON.stringify(['the-present-secret-of-it', 'the-former-secret-of-it']);
    const { findings } = await withSecrets({ [sources.zendesk]: two });
    expect(findings['zendesk']).toMatchObject({ state: 'ok' });
    expect(findings['zendesk']?.finding).toContain('2 valid');
  });

  it('checks each source by its kind', async () => {
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
    expect(findings['lost']?.state).toBe('failed');
    expect(findings['cases']).toMatchObject(finds('ok', 'EventBridge'));
    expect(findings['later']?.state).toBe('unknown');
  });

  it.each([
    ['Twilio rejects the Auth Token', 'f'.repeat(32), 'Twilio rejects it'],
    ['the Auth Token has the form of another secret', account.apiKey, 'is not an Auth Token'],
  ])('fails if %s', async (_, token, finding) => {
    const { findings } = await withSecrets({ [authTokenName]: token });
    expect(findings['Auth Token']).toMatchObject(finds('failed', finding));
    expect(JSON.stringify(findings)).not.toContain(token);
  });

  it('accepts two Auth Tokens if Twilio accepts one', async () => {
    const { code, findings } = await withSecrets({
      [authTokenName]: JSON.stringify([authToken, 'f'.repeat(32)]),
    });
    expect(code).toBe(0);
    expect(findings['Auth Token 1']?.state).toBe('ok');
    expect(findings['Auth Token 2']?.state).toBe('warning');
  });
});
