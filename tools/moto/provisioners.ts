import type { Provisioner } from './provisioner.ts';
import { cloudWatchProvisioners } from './services/cloudwatch.ts';
import { eventBridgeProvisioners } from './services/event-bridge.ts';
import { iamProvisioners } from './services/iam.ts';
import { kmsProvisioners } from './services/kms.ts';
import { lambdaProvisioners } from './services/lambda.ts';
import { logsProvisioners } from './services/logs.ts';
import { secretsManagerProvisioners } from './services/secrets-manager.ts';
import { sqsProvisioners } from './services/sqs.ts';

/** How to create resources of each type. */
export const provisioners: Readonly<Record<string, Provisioner>> = {
  ...cloudWatchProvisioners,
  ...eventBridgeProvisioners,
  ...iamProvisioners,
  ...kmsProvisioners,
  ...lambdaProvisioners,
  ...logsProvisioners,
  ...secretsManagerProvisioners,
  ...sqsProvisioners,
};

/**
 * Types that are not created here, by the beginning of their name, with the reason. `npm run test:provider` creates
 * them.
 */
export const notMade: Readonly<Record<string, string>> = {
  'aws:apigatewayv2/':
    'moto 5.2.1 accepts any API, even a route to an integration that does not exist',
  'aws:cloudwatch/metricAlarm:': 'moto accepts any alarm, even one with a period of 7 seconds',
  'aws:lambda/functionRecursionConfig:': 'moto does not have PutFunctionRecursionConfig',
  'aws:route53/record:': 'the domain of an API is not created',
  'aws:sns/': 'moto accepts any topic, even one whose key does not exist',
};

/** Whether the tests with moto create resources of this type, e.g. `aws:sqs/queue:Queue`. */
export function isMade(type: string): boolean {
  // Components exist only in Pulumi.
  return type.startsWith('aws:') && !Object.keys(notMade).some((kind) => type.startsWith(kind));
}
