import type { AwsClientConfig } from '../../deployment/deployment.ts';

/** An SDK client that gives an answer, or up, within some seconds. */
export const awsClientOptions = (access: AwsClientConfig) => ({
  ...access,
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 3000,
    requestTimeout: 5000,
    throwOnRequestTimeout: true,
  },
});
