import { runtime } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Recording } from '../../../tools/engine/record-resources.ts';
import type { Run } from '../../../tools/engine/run-program.ts';
import { pulumiConfig, secrets, sources, twilio } from '../settings.ts';
import {
  config,
  eachSecretOnce,
  leakedSecrets,
  recordProgram,
  runStack,
  shownTo,
  stackOutputs,
  wrappedSecrets,
} from './runs.ts';

/** Wrong values, by their path. */
const mistakes = {
  'sources.zendesk.kind': 'wrong-kind',
  'twilio.accountSid': 'wrong-account',
  'twilio.authToken': secrets.twilio,
  'alarms.email': 'wrong-address',
  'logs.retentionDays': 31415,
};
const wrongConfig = {
  ...config,
  ...pulumiConfig({
    sources: { zendesk: { ...sources.zendesk, kind: mistakes['sources.zendesk.kind'] } },
    twilio: {
      ...twilio,
      accountSid: mistakes['twilio.accountSid'],
      authToken: mistakes['twilio.authToken'],
    },
    alarms: { email: mistakes['alarms.email'] },
    logs: { retentionDays: mistakes['logs.retentionDays'] },
  }),
};

let recording: Recording;
let update: Run;
let again: Run;
let preview: Run;
let rejected: Run;
beforeAll(async () => {
  recording = await recordProgram();
  const run = (options = {}) => runStack(recording, options);
  [update, rejected] = await Promise.all([run(), run({ config: wrongConfig })]);
  [again, preview] = await Promise.all([run(), run({ dryRun: true })]);
}, 600_000);

it('a second update registers exactly the same', () => {
  const digests = ({ registrations }: Run) =>
    registrations.map(({ urn, digest }) => `${urn} ${digest}`).toSorted();
  expect(digests(again)).toEqual(digests(update));
  expect(again.outputs).toHaveLength(update.outputs.length);
  expect(again.outputs).toEqual(expect.arrayContaining([...update.outputs]));
});

describe('a preview', () => {
  const urns = ({ registrations }: Run) => registrations.map(({ urn }) => urn).toSorted();

  it('runs to its end and shows nothing', () => {
    const { exitCode, stdout, stderr } = preview;
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(shownTo(preview)).toEqual([]);
  });

  it('registers the same resources, although it knows no answer of AWS', () => {
    const holding = (text: string) =>
      preview.registrations.filter(({ inputs }) => JSON.stringify(inputs).includes(text));
    expect(holding('0a1b2c3').map(({ urn }) => urn)).toEqual([]);
    expect(holding(runtime.unknownValue).length).toBeGreaterThan(preview.registrations.length / 3);
    expect(urns(preview)).toEqual(urns(update));
  });

  it('has all outputs of the stack', () => {
    expect(Object.keys(stackOutputs(preview)).toSorted()).toEqual(
      Object.keys(recording.outputs).toSorted(),
    );
  });

  it('registers each secret of the configuration once, wrapped, and shows none', () => {
    expect(wrappedSecrets(preview)).toEqual(eachSecretOnce);
    expect(leakedSecrets(preview)).toEqual([]);
  });
});

describe('a wrong configuration', () => {
  it('ends the program with the exit code for an error that its user can fix', () => {
    // `nodeJSProcessExitedAfterLoggingUserActionableMessage` of @pulumi/pulumi/cmd/run
    const { exitCode, stdout, stderr } = rejected;
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 32, stdout: '', stderr: '' });
  });

  it('shows one error with all problems, without a stack trace or a value', () => {
    const [{ severity, message } = { severity: '', message: '' }, ...more] = shownTo(rejected);
    expect({ severity, more }).toEqual({ severity: 'ERROR', more: [] });
    const paths = [...message.matchAll(/^- ([^:]+): /gm)].map(([, path]) => path);
    expect(paths.toSorted()).toEqual(Object.keys(mistakes).toSorted());
    expect(message).not.toMatch(/^\s+at /m);
    for (const value of Object.values(mistakes)) expect(message).not.toContain(String(value));
    expect(leakedSecrets(rejected)).toEqual([]);
  });

  it('registers no resource', () => {
    expect(rejected.registrations.map(({ type }) => type)).toEqual(['pulumi:pulumi:Stack']);
  });
});
