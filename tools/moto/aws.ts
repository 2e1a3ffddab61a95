import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

export const region = 'eu-west-1';

/** The account that moto uses. Source: https://docs.getmoto.org/en/latest/docs/multi_account.html */
export const account = '123456789012';

/** Clients for the services of a stack, at one URL that serves all of them. */
export const awsAt = (endpoint: string) => {
  const options = {
    endpoint,
    region,
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    // A request that is rejected is not tried again.
    maxAttempts: 1,
  };
  return {
    apiGateway: new ApiGatewayV2Client(options),
    cloudWatch: new CloudWatchClient(options),
    eventBridge: new EventBridgeClient(options),
    iam: new IAMClient(options),
    kms: new KMSClient(options),
    lambda: new LambdaClient(options),
    logs: new CloudWatchLogsClient(options),
    secretsManager: new SecretsManagerClient(options),
    sqs: new SQSClient(options),
  };
};

export type Aws = ReturnType<typeof awsAt>;
