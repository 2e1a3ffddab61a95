import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * SQS for a door: senders wait for an answer five seconds at the least, so a slow call is given up, and
 * made once more, before that.
 */
export const createSqsClient = (): SQSClient =>
  new SQSClient({
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 1000,
      requestTimeout: 2000,
      throwOnRequestTimeout: true,
    },
  });
