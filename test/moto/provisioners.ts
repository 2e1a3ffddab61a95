import type { Provisioner } from './provisioner.ts';
import { apiGatewayProvisioners } from './services/api-gateway.ts';
import { cloudWatchProvisioners } from './services/cloudwatch.ts';
import { eventBridgeProvisioners } from './services/event-bridge.ts';
import { iamProvisioners } from './services/iam.ts';
import { kmsProvisioners } from './services/kms.ts';
import { lambdaProvisioners } from './services/lambda.ts';
import { logsProvisioners } from './services/logs.ts';
import { secretsManagerProvisioners } from './services/secrets-manager.ts';
import { snsProvisioners } from './services/sns.ts';
import { sqsProvisioners } from './services/sqs.ts';

/** How each type of resource is made. */
export const provisioners: Readonly<Record<string, Provisioner>> = {
  ...apiGatewayProvisioners,
  ...cloudWatchProvisioners,
  ...eventBridgeProvisioners,
  ...iamProvisioners,
  ...kmsProvisioners,
  ...lambdaProvisioners,
  ...logsProvisioners,
  ...secretsManagerProvisioners,
  ...snsProvisioners,
  ...sqsProvisioners,
};

/** The types that are not made here, each with its reason. */
export const notMade: Readonly<Record<string, string>> = {
  'aws:lambda/functionRecursionConfig:FunctionRecursionConfig':
    'moto 5.2.1 does not have PutFunctionRecursionConfig',
  'aws:route53/record:Record': 'moto 5.2.1 gives a domain no target for the record to lead to',
};
