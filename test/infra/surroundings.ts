import { EncryptionKey } from '../../infra/components/encryption-key.ts';
import type { CommonFunctionArgs } from '../../infra/components/node-function.ts';

export const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d';

/** A key that there is already, so that nothing is made for it. */
export const givenKey = (): EncryptionKey =>
  new EncryptionKey('key', { arn: keyArn, prefix: 'test', deletionWindowDays: 30, keep: false });

/** What functions of a program under test have in common. */
export const surroundings = (changed: Partial<CommonFunctionArgs> = {}): CommonFunctionArgs => ({
  key: givenKey(),
  logRetentionDays: 30,
  keepLogs: false,
  metricsNamespace: 'crm-media-sync/test',
  ...changed,
});

/** The statement that lets a role use the key for what a service keeps. */
export const keyUse = (
  service: 'sqs' | 'secretsmanager',
  actions: readonly string[],
  arns: readonly string[],
) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: keyArn,
  Condition: {
    StringEquals: {
      'kms:ViaService': `${service}.eu-west-1.amazonaws.com`,
      [`kms:EncryptionContext:${service === 'sqs' ? 'aws:sqs:arn' : 'SecretARN'}`]: arns,
    },
  },
});
