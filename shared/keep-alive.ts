import { Agent, type AgentOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';

/**
 * Connections that are kept alive, and that can be closed while they are idle.
 *
 * Lambda freezes a function between two invocations. During that time the server, a NAT gateway or a VPC endpoint
 * may close connections. The function notices that only when it uses a connection: it gets a reset, or no response.
 * If one connection was closed, the others were closed too, because they were idle for the same time. So a client
 * closes its idle connections before it repeats a request. Otherwise it would use the next closed connection.
 * Sources: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html (350 seconds) and
 * https://github.com/aws/aws-sdk-js-v3/issues/3905
 */
export function createKeepAlive(options: AgentOptions = {}) {
  const httpAgent = new Agent({ keepAlive: true, ...options });
  const httpsAgent = new TlsAgent({ keepAlive: true, ...options });
  const closeIdle = (): void => {
    for (const { freeSockets } of [httpAgent, httpsAgent]) {
      for (const socket of Object.values(freeSockets).flatMap((idle) => idle ?? [])) {
        socket.destroy();
      }
    }
  };
  return { httpAgent, httpsAgent, closeIdle };
}

/** How long a new connection may take, and how long a request may take until its response. In milliseconds. */
interface Timeouts {
  connectionTimeout: number;
  requestTimeout: number;
}

/** The default of the AWS SDK. */
const maxSockets = 50;

/**
 * The connections of one AWS client, for its options, and a middleware that closes idle connections before each
 * retry. Without the timeouts, a request on a closed connection would wait for minutes.
 */
export function createAwsConnections(timeouts: Timeouts) {
  const { closeIdle, ...agents } = createKeepAlive({ maxSockets });
  const closeIdleAfterFailure =
    <Request, Response>(next: (request: Request) => Promise<Response>) =>
    async (request: Request): Promise<Response> => {
      try {
        return await next(request);
      } catch (error) {
        if (!isAnswer(error)) closeIdle();
        throw error;
      }
    };
  return {
    requestHandler: { ...timeouts, throwOnRequestTimeout: true, ...agents },
    /** The middleware, for `client.middlewareStack.add` with `eachAttempt`. It runs once for each attempt. */
    closeIdleAfterFailure,
  };
}

/** The place where a middleware of the AWS SDK sees each attempt of a request. */
export const eachAttempt = { step: 'finalizeRequest', priority: 'low' } as const;

/** Whether an error is the response of an AWS service, not a failure of the connection. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && '$fault' in error;
}
