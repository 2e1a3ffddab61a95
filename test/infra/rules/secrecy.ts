import { runtime } from '@pulumi/pulumi';
import { filesOf, type Recording } from '../../../tools/engine/record-resources.ts';
import { deniesPlainHttp } from './policy.ts';
import {
  functions,
  logGroups,
  queuePolicies,
  queues,
  secrets,
  secretVersions,
  topicPolicies,
  topics,
} from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { alarmKeyArnOf, configured, keyArnOf } from './stack-settings.ts';

const encrypted = (recording: Recording) => [
  ...queues(recording).map(({ name, inputs }) => ({ name, key: inputs.kmsMasterKeyId })),
  ...[...secrets(recording), ...logGroups(recording)].map(({ name, inputs }) => ({
    name,
    key: inputs.kmsKeyId,
  })),
];

export const encryption: readonly Rule[] = [
  rule(
    'Every queue, secret and log group is encrypted with the key of the stack, or with the configured one',
    encrypted,
    ({ name, key }, recording) =>
      unless(
        key !== undefined && key === keyArnOf(recording),
        `${name} is encrypted with ${key ?? 'no key of ours'}`,
      ),
  ),

  rule(
    'Every topic is encrypted with a key that encrypts nothing else',
    topics,
    ({ name, inputs }, recording) =>
      unless(
        inputs.kmsMasterKeyId !== undefined &&
          inputs.kmsMasterKeyId === alarmKeyArnOf(recording) &&
          inputs.kmsMasterKeyId !== keyArnOf(recording),
        `${name} is encrypted with ${inputs.kmsMasterKeyId ?? 'no key of ours'}`,
      ),
  ),

  rule('Every queue denies plain HTTP to everybody', queues, ({ name, known }, recording) =>
    unless(
      queuePolicies(recording).some(
        ({ inputs }) =>
          inputs.queueUrl === known.url && deniesPlainHttp(inputs.policy, 'sqs:*', known.arn),
      ),
      `${name} answers over plain HTTP`,
    ),
  ),

  rule('Every topic denies plain HTTP to everybody', topics, ({ name, known }, recording) =>
    unless(
      topicPolicies(recording).some(
        ({ inputs }) =>
          inputs.arn === known.arn && deniesPlainHttp(inputs.policy, 'sns:Publish', known.arn),
      ),
      `${name} takes messages over plain HTTP`,
    ),
  ),
];

/** The secrets of the configuration, each of which only one function may know. */
const givenSecrets = (recording: Recording): readonly string[] => {
  const { sources, twilio } = configured(recording);
  return [
    twilio.apiSecret,
    ...twilio.authToken,
    ...(twilio.sharedKeySecret ?? []),
    ...Object.values(sources).flatMap(({ signingSecrets }) => signingSecrets),
  ];
};

/** A thing as Pulumi writes it into its state, what is marked as secret left out. */
const inState = (thing: unknown): string =>
  JSON.stringify(thing, (_, value) => (runtime.isRpcSecret(value) ? 'encrypted' : value));

const holdsAny = (text: string, recording: Recording): boolean =>
  givenSecrets(recording).some((secret) => text.includes(secret));

export const keptSecret: readonly Rule[] = [
  rule(
    'No input of a resource holds a secret in plain text',
    ({ resources }) => resources,
    ({ name, inputs }, recording) =>
      unless(!holdsAny(inState(inputs), recording), `${name} holds a secret in plain text`),
  ),

  rule(
    'No output holds a secret in plain text, of the stack or of a component',
    ({ outputs, registeredOutputs }) => [{ ...outputs }, ...registeredOutputs],
    (outputs, recording) =>
      unless(
        !holdsAny(inState(outputs), recording),
        `an output holds a secret in plain text: ${Object.keys(Object(outputs))}`,
      ),
  ),

  rule('No bundle holds a secret', functions, async (lambda, recording) =>
    unless(
      !holdsAny(JSON.stringify(await filesOf(lambda.inputs.code)), recording),
      `the bundle of ${lambda.name} holds one`,
    ),
  ),

  rule(
    'Every configured secret is in Secrets Manager, and every secret there has a value',
    secrets,
    ({ name, known }, recording) => {
      const versions = secretVersions(recording);
      const kept = versions.map(({ inputs }) => JSON.stringify(inputs.secretString)).join();
      return [
        ...unless(
          versions.filter(({ inputs }) => inputs.secretId === known.id).length === 1,
          `${name} has no value, or several`,
        ),
        ...unless(
          givenSecrets(recording).every((secret) => kept.includes(secret)),
          'a secret that is given lies nowhere',
        ),
      ];
    },
  ),
];
