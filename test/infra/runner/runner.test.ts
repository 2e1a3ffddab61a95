import { runtime } from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Recording } from '../../../tools/engine/record-resources.ts';
import { nodeVersion } from '../../../tools/engine/run-in-runner.ts';
import type { Run } from '../../../tools/engine/run-program.ts';
import { secretsIn } from '../../../tools/engine/wire.ts';
import {
  eachSecretOnce,
  leakedSecrets,
  recordProgram,
  runStack,
  shownTo,
  stackOutputs,
  wrappedSecrets,
} from './runs.ts';

let recording: Recording;
let update: Run;
beforeAll(async () => {
  recording = await recordProgram();
  update = await runStack(recording);
}, 240_000);

describe(`an update under Pulumi’s own runner, on Node ${nodeVersion}`, () => {
  it('runs to its end and shows nothing', () => {
    const { exitCode, stdout, stderr } = update;
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(shownTo(update)).toEqual([]);
  });

  it('registers the same resources as under mocks, with the same inputs', async () => {
    expect(update.registrations).toHaveLength(recording.resources.length);
    for (const { type, name, lineage, inputs, retainOnDelete } of recording.resources) {
      // The stack itself has no lineage.
      const urn = `urn:pulumi:${recording.stack.stack}::crm-media-sync::${lineage || type}::${name}`;
      const registered = update.registrations.find((registration) => registration.urn === urn);
      expect(registered, urn).toMatchObject({ type, name, retainOnDelete });
      expect(registered?.inputs, urn).toEqual(await runtime.serializeProperties(urn, inputs));
    }
  });

  it('has the outputs of the program and of its components, with the values that they have under mocks', () => {
    const hasSome = (outputs: unknown) => Object.keys(Object(outputs)).length > 0;
    const registered = update.outputs.map(({ outputs }) => outputs).filter(hasSome);
    const expected = recording.registeredOutputs.filter(hasSome);
    expect(registered).toHaveLength(expected.length);
    expect(registered).toEqual(expect.arrayContaining(expected));
    expect(Object.keys(stackOutputs(update)).toSorted()).toEqual(
      Object.keys(recording.outputs).toSorted(),
    );
    expect(Object.keys(recording.outputs)).toContain('queueUrls');
  });

  it('registers each secret of the configuration once, wrapped, and shows none', () => {
    expect(wrappedSecrets(update)).toEqual(eachSecretOnce);
    expect(leakedSecrets(update)).toEqual([]);
    for (const { urn, outputs } of update.outputs) expect(secretsIn(outputs), urn).toEqual([]);
  });
});

it('a Node that cannot import TypeScript gets one line that says which Node the program needs', async () => {
  const nodeArgs = ['--no-experimental-strip-types'];
  const run = await runStack(recording, { nodeArgs });
  expect(run.exitCode).toBe(32);
  const message = expect.stringMatching(/^Node [\d.]+ cannot .* needs 22\.18 .*$/);
  expect(shownTo(run)).toEqual([{ severity: 'ERROR', message }]);
});
