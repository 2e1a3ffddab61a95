import type { Recording } from '../record-resources.ts';
import { deniesPlainHttp } from './policy.ts';
import { logGroups, queuePolicies, queues, secrets, topicPolicies, topics } from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { alarmKeyArnOf, keyArnOf } from './stack-settings.ts';

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
