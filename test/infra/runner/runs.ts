import {
  answerOfAws,
  type Recording,
  recordResources,
} from '../../../tools/engine/record-resources.ts';
import { type Run, type RunOptions, runProgram } from '../../../tools/engine/run-program.ts';
import { secretsIn, withoutSecrets } from '../../../tools/engine/wire.ts';
import { stacks } from '../rules/stacks.ts';
import { pulumiConfig, secretKeys, secrets } from '../settings.ts';

const stack = 'production';

/** The configuration of a stack with all optional parts. */
export const config = pulumiConfig(stacks['with everything'], 'eu-west-1');

/** What the program registers under Pulumi's mocks. */
export function recordProgram(): Promise<Recording> {
  return recordResources(() => import('../../../infra/index.ts'), { config, stack });
}

/** Runs the program under Pulumi's own runner. AWS answers as in the recording. */
export function runStack(recording: Recording, changed: Partial<RunOptions> = {}): Promise<Run> {
  return runProgram({
    stack,
    config,
    secretKeys,
    answerOfAws,
    madeByAws: (type, name) =>
      recording.resources.find((made) => made.type === type && made.name === name)?.state,
    ...changed,
  });
}

/** Everything that the user sees. Debug lines are only for those who ask for them. */
export function shownTo({ logged }: Run) {
  return logged.filter(({ severity }) => severity !== 'DEBUG');
}

export function stackOutputs({ registrations, outputs }: Run) {
  return outputs.find(({ urn }) => urn === registrations[0]?.urn)?.outputs ?? {};
}

/** How often each secret of the configuration is wrapped as a secret in the inputs of resources. */
export function wrappedSecrets({ registrations }: Run): Readonly<Record<string, number>> {
  const wrapped = registrations.flatMap(({ inputs }) => secretsIn(inputs)).map(String);
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => [
      name,
      wrapped.filter((value) => value.includes(secret)).length,
    ]),
  );
}

/**
 * The secrets of the configuration that a run shows anywhere but in their wrapping.
 *
 * The SDK repeats each answer of the monitor in a debug line. The CLI is said to blank in them what the
 * configuration holds encrypted; nobody should share what `pulumi up --debug` prints all the same.
 * Source: https://github.com/pulumi/pulumi/discussions/7418
 */
export function leakedSecrets(run: Run): readonly string[] {
  const answers = /^RegisterResource RPC finished: \S+\[aws:secretsmanager\/secretVersion:/;
  const { registrations, outputs, stdout, stderr, logged } = run;
  const rest = registrations.map(({ inputs, options }) => [withoutSecrets(inputs), options]);
  const lines = logged.filter(({ message }) => !answers.test(message));
  const everything = JSON.stringify([rest, outputs, lines, stdout, stderr]);
  return Object.entries(secrets).flatMap(([name, secret]) =>
    everything.includes(secret) ? [name] : [],
  );
}

/** Each secret of the configuration once. */
export const eachSecretOnce = Object.fromEntries(Object.keys(secrets).map((name) => [name, 1]));
