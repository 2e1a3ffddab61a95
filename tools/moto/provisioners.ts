import type { Provisioner } from './provisioner.ts';
import { cloudWatchProvisioners } from './services/cloudwatch.ts';
import { eventBridgeProvisioners } from './services/event-bridge.ts';
import { iamProvisioners } from './services/iam.ts';
import { kmsProvisioners } from './services/kms.ts';
import { lambdaProvisioners } from './services/lambda.ts';
import { logsProvisioners } from './services/logs.ts';
import { secretsManagerProvisioners } from './services/secrets-manager.ts';
import { sqsProvisioners } from './services/sqs.ts';

/** How each type of resource is made. */
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

/** What is not made here, by how its type begins, each with its reason. `npm run test:provider` makes it. */
export const notMade: Readonly<Record<string, string>> = {
  'aws:apigatewayv2/':
    'moto 5.2.1 takes any API, also a route to an integration that does not exist',
  'aws:cloudwatch/metricAlarm:': 'moto takes any alarm, also one over 7 seconds',
  'aws:lambda/functionRecursionConfig:': 'moto does not have PutFunctionRecursionConfig',
  'aws:route53/record:': 'the domain of an API is not made',
  'aws:sns/': 'moto takes any topic, also one without an existing key',
};

export function isMade(type: string): boolean {
  // Components are Pulumi's own affair.
  return type.startsWith('aws:') && !Object.keys(notMade).some((kind) => type.startsWith(kind));
}
