import { EncryptionKey } from '../../infra/components/encryption-key.ts';
import type { CommonFunctionArgs, NodeFunctionArgs } from '../../infra/components/node-function.ts';

export const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d';

/** A key that exists already, so that nothing is created for it. */
export const givenKey = (): EncryptionKey =>
  new EncryptionKey('key', {
    arn: keyArn,
    use: 'data',
    prefix: 'test',
    deletionWindowDays: 30,
    keep: false,
  });

/** What the functions of a program under test share. */
export const surroundings = (changed: Partial<CommonFunctionArgs> = {}): CommonFunctionArgs => ({
  key: givenKey(),
  logRetentionDays: 30,
  keepLogs: false,
  metricsNamespace: 'crm-media-sync/test',
  ...changed,
});

/** The arguments of a function under test that does nothing. */
export const functionArgs = (changed: Partial<NodeFunctionArgs> = {}): NodeFunctionArgs => ({
  common: surroundings(),
  entry: 'test/infra/fixtures/handler.ts',
  service: 'worker',
  description: 'Does the work',
  permissions: [],
  environment: {},
  timeoutSeconds: 20,
  memoryMegabytes: 256,
  ...changed,
});
