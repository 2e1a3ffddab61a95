import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { listen } from '../listen.ts';
import {
  type GatewayResponse,
  gatewayError,
  toApiGatewayEvent,
  toHttpResponse,
} from './http-payload.ts';

/**
 * Limits of API Gateway's HTTP APIs, and of Lambda: the whole event as JSON. Beyond either, API Gateway
 * responds 413.
 * Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
 * https://github.com/aws/aws-lambda-dotnet/pull/1990
 */
const maxPayloadBytes = 10 * 1024 * 1024;

const maxEventBytes = 6 * 1024 * 1024;

/** Bodies that wait for a function stay in memory. AWS bounds requests per second, not their bytes. */
const defaultBytesInProgress = 256 * 1024 * 1024;

const defaultIntegrationTimeoutMs = 30_000;

type Invoke = (event: APIGatewayProxyEventV2) => Promise<unknown>;

/** Starts an HTTP API on 127.0.0.1: some routes invoke functions of their own, all others the default one. */
export async function startHttpApi(options: {
  port?: number | undefined;
  /** Invoked for requests without a route. */
  invoke: Invoke;
  /** By method and path, e.g. `POST /twilio/task-events`. */
  routes?: Readonly<Record<string, Invoke>>;
  log: (line: string) => void;
  integrationTimeoutMs?: number | undefined;
  /** Of the bodies that are read, or wait for a function. Beyond it the response is 429. */
  maxBytesInProgress?: number;
}) {
  const timeoutMs = options.integrationTimeoutMs ?? defaultIntegrationTimeoutMs;

  const { maxBytesInProgress = defaultBytesInProgress } = options;
  let bytesInProgress = 0;

  /** The body, unless it is longer than API Gateway accepts or there is room for. */
  const readBody = async (request: IncomingMessage): Promise<Buffer | GatewayResponse> => {
    const chunks: Buffer[] = [];
    let length = 0;
    let hasRoom = true;
    try {
      for await (const chunk of request) {
        length += chunk.length;
        hasRoom &&= bytesInProgress + chunk.length <= maxBytesInProgress;
        if (!hasRoom || length > maxPayloadBytes) release(chunks.splice(0));
        else {
          bytesInProgress += chunk.length;
          chunks.push(chunk);
        }
      }
    } catch (error) {
      release(chunks);
      throw error;
    }
    if (length > maxPayloadBytes) return gatewayError(413, 'Request Entity Too Large');
    return hasRoom ? Buffer.concat(chunks) : gatewayError(429, 'Too Many Requests');
  };

  const release = (chunks: readonly Buffer[]): void => {
    for (const { length } of chunks) bytesInProgress -= length;
  };

  const respond = async (request: IncomingMessage): Promise<GatewayResponse> => {
    const body = await readBody(request);
    if (!Buffer.isBuffer(body)) return body;
    const event = toApiGatewayEvent(request, body, randomUUID(), new Date());
    if (Buffer.byteLength(JSON.stringify(event)) > maxEventBytes) {
      release([body]);
      return gatewayError(413, 'Request Entity Too Large');
    }
    const timeout = Promise.withResolvers<GatewayResponse>();
    const timer = setTimeout(
      () => timeout.resolve(gatewayError(503, 'Service Unavailable')),
      timeoutMs,
    );
    const invoke = options.routes?.[`${request.method} ${event.rawPath}`] ?? options.invoke;
    const result = invoke(event)
      .then(toHttpResponse)
      .catch((error) => {
        options.log(`${describeRequest(request)} failed: ${error}`);
        return gatewayError(500, 'Internal Server Error');
      })
      .finally(() => release([body]));
    return Promise.race([result, timeout.promise]).finally(() => clearTimeout(timer));
  };

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const { status, headers, body } = await respond(request);
      response.writeHead(status, { ...headers, 'content-length': body.length });
      response.end(body);
    } catch (error) {
      options.log(`${describeRequest(request)} could not be answered: ${error}`);
      response.destroy();
    }
  });
  return listen(server, options.port);
}

/** Method and path up to the source's name: after it some paths have a secret. */
function describeRequest({ method, url = '' }: IncomingMessage): string {
  return `${method} ${url.split(/[/?]/).slice(0, 3).join('/')}`;
}
