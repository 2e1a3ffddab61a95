import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { createAwsConnections, eachAttempt } from '../keep-alive.ts';
import { type JsonMiddlewareStack, type JsonService, useJson } from './json-middleware.ts';

/** How often a request is made, and how long it may take, in milliseconds. */
export interface AwsClientLimits {
  maxAttempts: number;
  /** Until a new connection is open. */
  connectionTimeout: number;
  /** Until the response begins. */
  requestTimeout: number;
}

/**
 * Creates a client of the AWS SDK for a function. If a request takes too long, or its connection was closed, the
 * client repeats it on a new connection.
 *
 * Two middlewares of the SDK are removed. One passes each input and output to a logger, which we do not have. One
 * composes `user-agent` for each request, although one text is enough.
 *
 * @param create makes the client from its options
 */
export function createAwsClient<Client extends AwsClient>(
  service: JsonService,
  { maxAttempts, ...timeouts }: Readonly<AwsClientLimits>,
  create: (options: SharedOptions) => Client,
): Client {
  const { requestHandler, closeIdleAfterFailure } = createAwsConnections(timeouts);
  const client = create({
    maxAttempts,
    requestHandler,
    retryMode: 'standard',
    // Without this, each request sorts the middleware.
    cacheMiddleware: true,
  });
  const { middlewareStack } = client;
  useJson(middlewareStack, service);
  middlewareStack.add(closeIdleAfterFailure, eachAttempt);
  middlewareStack.remove('loggerMiddleware');
  middlewareStack.remove('getUserAgentMiddleware');
  return client;
}

type SharedOptions = Pick<
  SQSClientConfig,
  'maxAttempts' | 'requestHandler' | 'retryMode' | 'cacheMiddleware'
>;

/** The part of a client that is used here. */
interface AwsClient {
  middlewareStack: JsonMiddlewareStack & {
    add(
      middleware: ReturnType<typeof createAwsConnections>['closeIdleAfterFailure'],
      options: typeof eachAttempt,
    ): void;
    remove(name: string): boolean;
  };
}
