import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { startTaskRouterEmulator } from '../../local/taskrouter/emulator.ts';
import { sourceKinds } from '../../shared/crm/config.ts';
import { jsonText } from '../../shared/json.ts';
import { account, commandRunner, failure, fakePulumi, temporaryFolder } from './command-line.ts';

const program = join(import.meta.dirname, '../../tools/pulumi-config.ts');

const Call = jsonText(z.object({ args: z.array(z.string()), stdin: z.string() }));

const authToken = '0123456789abcdef0123456789abcdef';

/** Answers by the words of the question; later ones are for when it is asked again. Others are empty. */
type Answers = Readonly<Record<string, readonly (string | undefined)[]>>;

const good: Answers = {
  'AWS region': ['eu-west-1'],
  'Twilio account': [account.accountSid],
  Workspace: [account.workspaceSid],
  'SID of the API key': [account.apiKey],
  'Secret of the API key': [account.apiSecret],
  'Auth Token': [authToken],
  'Check them': ['n'],
  'ticket page': ['https://acme.example.com/tickets/{id}'],
  'Task attribute': ['zd_ticket_id'],
  organisation: ['00D000000000001EAA'],
  'Hub ID': ['62515'],
  Intercom: ['abc123de'],
  'Partner event': ['aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001EAA'],
};

/** A person with a stack: each run of `init` has answers of its own. */
const person = async (config?: object) => {
  const folder = await temporaryFolder();
  const path = await fakePulumi(`exec ${process.execPath} ${program} ${folder} "$@"`);
  if (config !== undefined) await writeFile(join(folder, 'state.json'), JSON.stringify(config));
  const init = async (given: Answers = good) => {
    const left = new Map(Object.entries(given).map(([words, answers]) => [words, [...answers]]));
    const asked: string[] = [];
    await writeFile(join(folder, 'calls'), '');
    const ops = commandRunner(
      folder,
      { PULUMI: join(path, 'pulumi'), PATH: '/usr/bin:/bin' },
      {
        ask: async (question, options) => {
          const hidden = /^(Secret of|Primary Auth|Signing)/.test(question);
          expect(options?.hidden ?? false, question).toBe(hidden);
          asked.push(question);
          const [, answers] = [...left].find(([words]) => question.includes(words)) ?? [];
          // Who asks for ever is stopped.
          if (asked.length > 99) return undefined;
          return answers?.length ? answers.shift() : '';
        },
      },
    );
    const ended = await ops('init', '--stack', 'prod');
    const lines = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
    const calls = lines.map((line) => Call.parse(line));
    return { ...ended, asked, sets: calls.filter(({ args }) => args.includes('set')), calls };
  };
  return { init };
};

describe('init', () => {
  it('sets up a stack with a source of each kind', async () => {
    const [first = '', ...others] = sourceKinds.keys();
    const page = Array(sourceKinds.size).fill('https://acme.example.com/tickets/{id}');
    const names = { 'Name of the CRM': [first], 'Another CRM': [...others, ''] };
    const ended = await (await person({})).init({ ...good, ...names, 'ticket page': page });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('is valid') });
    for (const kind of sourceKinds.keys()) {
      expect(ended.stdout).toContain(`--path 'sources.${kind}.kind' ${kind}\n`);
    }
  });

  it('creates the stack, with the secrets provider that is asked for', async () => {
    const key = 'awskms://alias/pulumi?region=eu-west-1';
    const { calls, code } = await (await person()).init({ ...good, 'Secrets provider': [key] });
    expect(code).toBe(0);
    const created = 'stack init --no-select --secrets-provider KEY --non-interactive --stack prod';
    const lines = calls.map(({ args }) => args.join(' '));
    expect(lines).toContain(created.replace('KEY', key));
    const refused = await (await person()).init({ 'does not exist': ['n'] });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('no stack named') });
  });

  it('gives secrets to Pulumi through stdin, and shows them nowhere', async () => {
    const { sets, stdout, stderr, asked } = await (await person({})).init();
    const secrets = sets.filter(({ args }) => args.includes('--secret'));
    expect(secrets.map(({ stdin }) => stdin)).toEqual([
      account.apiSecret,
      authToken,
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    const shown = [stdout, stderr, ...asked, ...sets.map(({ args }) => args.join(' '))].join('\n');
    for (const { stdin } of secrets) expect(shown).not.toContain(stdin);
    expect(stdout).toContain("pulumi config set --stack prod --secret --path 'twilio.apiSecret'");
  });

  it('checks each answer by the schemas of the configuration, and asks again', async () => {
    const ended = await (await person({})).init({
      ...good,
      'AWS region': ['Ireland', 'cn-north-1', 'eu-west-1'],
      'Twilio account': ['AC1', '', account.accountSid],
      'Auth Token': [account.apiSecret, authToken],
      'Name of the CRM': ['Zen Desk', 'zendesk'],
      'ticket page': ['http://acme.example.com/{id}', 'https://acme.example.com/tickets/{id}'],
      'Task attribute': [''],
      'holds the SID': ['field', ''],
      'Signing secret': ['short', ''],
      Email: ['nobody', 'oncall@acme.com'],
    });
    expect(ended.code).toBe(0);
    expect(ended.stderr.match(/(?<=^ {2}).*(must|needed|has 5).*$/gm)).toEqual([
      'aws:region must be the name of an AWS region',
      expect.stringContaining('aws:region must be a region of the partition aws or aws-us-gov'),
      'twilio.accountSid must be AC and 32 hex digits',
      'twilio.accountSid is needed',
      expect.stringContaining('The name must be lower-case letters'),
      'sources.zendesk.ticketUrl must be an https URL',
      expect.stringContaining('sources.zendesk.sidField must be'),
      expect.stringContaining('sources.zendesk.signingSecrets[0] has 5 characters'),
      'alarms.email must be an e-mail address',
    ]);
    expect(ended.sets.filter(({ args }) => args.includes('twilio.accountSid'))).toHaveLength(1);
    expect(ended.stderr).toContain('no ticket is linked');
  });

  it('shows what is set when it is run again, changes nothing by empty answers, and adds a CRM', async () => {
    const { init } = await person({});
    await init();
    const { asked, sets, code } = await init({ 'Check them': ['n'] });
    expect({ code, sets }).toEqual({ code: 0, sets: [] });
    expect(asked).toContain('Secret of the API key [set]: ');
    expect(asked.join('\n')).toContain(`[${account.accountSid}]`);
    const page = 'https://acme.example.com/tickets/{id}';
    const added = await init({ ...good, 'Another CRM': ['jira', ''], 'ticket page': [page, page] });
    expect(added.code).toBe(0);
    expect(added.stdout).toContain("--path 'sources.jira.kind' jira");
    expect(added.stdout).not.toContain('twilio');
  });

  it('stops at Ctrl-C, and goes on where it was', async () => {
    const { init } = await person({});
    const stopped = await init({ ...good, Workspace: [undefined] });
    expect(stopped).toMatchObject({ code: 5, stderr: expect.stringContaining('Stopped.') });
    expect(stopped.sets).toHaveLength(2);
    const { asked } = await init();
    expect(asked).toContain(`SID of the Twilio account (AC…) [${account.accountSid}]: `);
  });

  it('lists the commands if there is no terminal', async () => {
    const ended = await commandRunner('.')('init', '--stack', 'prod');
    const secret = "--stack prod --secret --path 'twilio.authToken'\n";
    expect(ended).toMatchObject(failure(secret, "--path 'sources.zendesk.ticketUrl' <value>\n"));
  });

  it('asks Twilio for the credentials, and tells the problems that are left', async () => {
    const emulator = await startTaskRouterEmulator({ ...account, authToken });
    onTestFinished(() => emulator.close());
    const { init } = await person({ twilio: { taskRouterUrl: emulator.url } });
    const ended = await init({
      ...good,
      'Check them': ['', ''],
      'Secret of the API key': ['wrong', account.apiSecret],
    });
    expect(ended.stderr).toMatch(/login: Twilio rejects the API key[\s\S]*Twilio accepts them/);
    // An emulator has no https, and nobody was asked for its URL.
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/not valid yet:\n {2}twilio.taskRouterUrl: must be an https URL/);
  });
});
