import { Agent, type AgentOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';

/**
 * Connections that are kept alive, and can be closed while they are idle.
 *
 * Lambda freezes a function between two invocations. During that time the server, a NAT gateway or a VPC endpoint may
 * close connections. The function notices only when it uses one: by a reset, or by no answer. If one was closed, the
 * others were closed too: they were idle for as long. So a client closes its idle connections before it repeats a
 * request. Otherwise it would use the next dead one.
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

/** Milliseconds: how long a new connection may take, and how long a request may take until its response. */
interface Timeouts {
  connectionTimeout: number;
  requestTimeout: number;
}

/** The AWS SDK's own default. */
const maxSockets = 50;

/**
 * The connections of one AWS client, for its options, and a middleware that closes the idle ones before each retry.
 * Without the timeouts a request on a dead connection would wait for minutes.
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
    /** Inside the retries: for `client.middlewareStack.add`, with `eachAttempt`. */
    closeIdleAfterFailure,
  };
}

/** Where a middleware of the AWS SDK sees each attempt of a request. */
export const eachAttempt = { step: 'finalizeRequest', priority: 'low' } as const;

/** Whether an error is the answer of an AWS service, and no failure of the connection. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && '$fault' in error;
}
