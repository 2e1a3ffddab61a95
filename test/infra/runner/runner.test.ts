import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtime } from '@pulumi/pulumi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../infra/bundle/bundle.ts';
import { type Recording, recordResources } from '../record-resources.ts';
import { nodeVersion, type Run, type RunOptions, runProgram } from './run-program.ts';
import { config, secretKeys, secrets, stack } from './stack.ts';
import { secretsIn, withoutSecrets } from './wire.ts';

const elsewhere = mkdtempSync(join(tmpdir(), 'project-'));
afterAll(() => rmSync(elsewhere, { recursive: true }));

const copyProject = (): string => {
  const copy = join(elsewhere, 'a', 'copy');
  const parts = ['infra', 'lambdas', 'shared', 'package.json', 'Pulumi.yaml', 'tsconfig.json'];
  for (const part of parts) {
    cpSync(join(repositoryRoot, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(copy, 'node_modules'));
  return copy;
};

/** What is wrong, by its path. */
const mistakes = {
  'sources.zendesk.kind': 'wrong-kind',
  'twilio.accountSid': 'wrong-account',
  'twilio.authToken': secrets.twilio,
  'alarms.email': 'wrong-address',
  'logs.retentionDays': 31415,
};
const wrongConfig = {
  ...config,
  'crm-media-sync:sources': JSON.stringify({
    zendesk: {
      kind: mistakes['sources.zendesk.kind'],
      ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
      signingSecrets: secrets.zendesk,
    },
  }),
  'crm-media-sync:twilio': JSON.stringify({
    accountSid: mistakes['twilio.accountSid'],
    apiKey: `SK${'1'.repeat(32)}`,
    apiSecret: secrets.twilio,
    authToken: mistakes['twilio.authToken'],
    workspaceSid: `WS${'2'.repeat(32)}`,
  }),
  'crm-media-sync:alarms': JSON.stringify({ email: mistakes['alarms.email'] }),
  'crm-media-sync:logs': JSON.stringify({ retentionDays: mistakes['logs.retentionDays'] }),
};

let recording: Recording;
let update: Run;
let again: Run;
let preview: Run;
let refused: Run;
beforeAll(async () => {
  const run = (changed: Partial<RunOptions> = {}): Promise<Run> =>
    runProgram({
      stack,
      config,
      secretKeys,
      madeByAws: (type, name) =>
        recording.resources.find((made) => made.type === type && made.name === name)?.state,
      ...changed,
    });
  [refused, recording] = await Promise.all([
    run({ config: wrongConfig }),
    recordResources(() => import('../../../infra/index.ts'), { config, stack }),
  ]);
  [update, again, preview] = await Promise.all([
    run(),
    run({ root: copyProject() }),
    run({ dryRun: true }),
  ]);
}, 240_000);

const urns = ({ registrations }: Run): string[] => registrations.map(({ urn }) => urn).toSorted();

/** What the user is told; debug lines are shown to those who ask for them. */
const told = ({ logged }: Run) => logged.filter(({ severity }) => severity !== 'DEBUG');

const stackOutputs = ({ registrations, outputs }: Run) =>
  outputs.find(({ urn }) => urn === registrations[0]?.urn)?.outputs ?? {};

describe(`the program under Pulumi’s own runner, on Node ${nodeVersion}`, () => {
  it.each([
    ['an update', () => update],
    ['a preview', () => preview],
  ])('runs to its end as %s, and has nothing to say', (_, run) => {
    const { exitCode, stdout, stderr } = run();
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(told(run())).toEqual([]);
  });

  it('registers what it registers under mocks: the same resources of the same parts, with the same inputs', async () => {
    expect(update.registrations).toHaveLength(recording.resources.length);
    for (const { type, name, lineage, inputs, retainOnDelete } of recording.resources) {
      // The stack itself has no lineage.
      const urn = `urn:pulumi:${stack}::crm-media-sync::${lineage || type}::${name}`;
      const registered = update.registrations.find((registration) => registration.urn === urn);
      expect(registered, urn).toMatchObject({ type, name, retainOnDelete });
      expect(registered?.inputs, urn).toEqual(await runtime.serializeProperties(urn, inputs));
    }
  });

  it('registers the same resources as a preview, when nothing is known that AWS makes', () => {
    const holding = (text: string) =>
      preview.registrations.filter(({ inputs }) => JSON.stringify(inputs).includes(text));
    expect(holding('0a1b2c3').map(({ urn }) => urn)).toEqual([]);
    expect(holding(runtime.unknownValue).length).toBeGreaterThan(preview.registrations.length / 3);
    expect(urns(preview)).toEqual(urns(update));
  });

  it('registers exactly the same a second time, even out of a copy of the project in another folder', () => {
    const digests = ({ registrations }: Run) =>
      registrations.map(({ urn, digest }) => `${urn} ${digest}`).toSorted();
    expect(digests(again)).toEqual(digests(update));
    expect(again.outputs).toHaveLength(update.outputs.length);
    expect(again.outputs).toEqual(expect.arrayContaining([...update.outputs]));
  });

  it('registers one tree under the stack, each resource once and after what it is part of', () => {
    const seen = new Set(['']);
    for (const { urn, parent } of update.registrations) {
      expect(seen.has(urn), urn).toBe(false);
      expect(seen.has(parent), urn).toBe(true);
      seen.add(urn);
    }
    const roots = update.registrations.filter(({ parent }) => parent === '');
    expect(roots.map(({ type }) => type)).toEqual(['pulumi:pulumi:Stack']);
  });
});

describe('the outputs', () => {
  it.each([
    ['an update', () => update],
    ['a preview', () => preview],
  ])('of the stack have all names that the program exports in %s', (_, run) => {
    const names = Object.keys(recording.outputs);
    expect(names).toContain('queueUrl');
    expect(Object.keys(stackOutputs(run())).toSorted()).toEqual(names.toSorted());
  });

  it('of the stack and its components have the values that they have under mocks', () => {
    const hasSome = (outputs: unknown) => Object.keys(Object(outputs)).length > 0;
    const registered = update.outputs.map(({ outputs }) => outputs).filter(hasSome);
    const expected = recording.registeredOutputs.filter(hasSome);
    expect(registered).toHaveLength(expected.length);
    expect(registered).toEqual(expect.arrayContaining(expected));
  });

  it('hold no secret, wrapped or not', () => {
    for (const { urn, outputs } of update.outputs) {
      expect(secretsIn(outputs), urn).toEqual([]);
      for (const secret of Object.values(secrets)) {
        expect(JSON.stringify(outputs).includes(secret), urn).toBe(false);
      }
    }
  });
});

describe('the secrets of the configuration', () => {
  it.each(Object.entries(secrets))('cross the wire once, in their wrapping: %s', (_, secret) => {
    for (const { registrations } of [update, preview]) {
      const wrapped = registrations.flatMap(({ inputs }) => secretsIn(inputs));
      expect(wrapped.filter((value) => String(value).includes(secret))).toHaveLength(1);
    }
  });

  it('are nowhere else, nor in what is said when the configuration is wrong', () => {
    for (const run of [update, preview, refused]) {
      const { registrations, outputs, stdout, stderr } = run;
      const rest = registrations.map(({ inputs, options }) => [withoutSecrets(inputs), options]);
      const everything = JSON.stringify([rest, outputs, told(run), stdout, stderr]);
      for (const secret of Object.values(secrets)) expect(everything.includes(secret)).toBe(false);
    }
  });

  // The SDK repeats each answer of the monitor in such a line. The CLI is said to blank in them what the
  // configuration holds encrypted; nobody should share what pulumi up --debug prints all the same.
  // Source: https://github.com/pulumi/pulumi/discussions/7418
  it('are in the debug lines about what holds them, which are the SDK’s, and in no other', () => {
    const answers = /^RegisterResource RPC finished: \S+\[aws:secretsmanager\/secretVersion:/;
    for (const { logged } of [update, preview, refused]) {
      const others = logged.filter(({ message }) => !answers.test(message));
      for (const secret of Object.values(secrets)) {
        expect(others.filter(({ message }) => message.includes(secret))).toEqual([]);
      }
    }
  });

  it('may come back in their wrapping: every resource says that it takes them so', () => {
    const others = update.registrations.filter(({ acceptSecrets }) => !acceptSecrets);
    expect(others.map(({ urn }) => urn)).toEqual([]);
  });
});

describe('a wrong configuration', () => {
  it('ends the program as one that has told its user why', () => {
    // `nodeJSProcessExitedAfterLoggingUserActionableMessage` of @pulumi/pulumi/cmd/run
    const { exitCode, stdout, stderr } = refused;
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 32, stdout: '', stderr: '' });
  });

  it('is told of in one error, with all its mistakes and without a stack trace or a value', () => {
    const [{ severity, message } = { severity: '', message: '' }, ...more] = told(refused);
    expect({ severity, more }).toEqual({ severity: 'ERROR', more: [] });
    const paths = [...message.matchAll(/^- ([^:]+): /gm)].map(([, path]) => path);
    expect(paths.toSorted()).toEqual(Object.keys(mistakes).toSorted());
    expect(message).not.toMatch(/^\s+at /m);
    for (const value of Object.values(mistakes)) expect(message).not.toContain(String(value));
  });

  it('makes nothing', () => {
    expect(refused.registrations.map(({ type }) => type)).toEqual(['pulumi:pulumi:Stack']);
  });
});
