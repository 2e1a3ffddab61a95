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
 * Limits of API Gateway's HTTP APIs.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const maxPayloadBytes = 10 * 1024 * 1024;

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
}) {
  const timeoutMs = options.integrationTimeoutMs ?? defaultIntegrationTimeoutMs;

  const respond = async (request: IncomingMessage): Promise<GatewayResponse> => {
    const body = await readBody(request);
    if (body === undefined) return gatewayError(413, 'Request Entity Too Large');
    const timeout = Promise.withResolvers<GatewayResponse>();
    const timer = setTimeout(
      () => timeout.resolve(gatewayError(503, 'Service Unavailable')),
      timeoutMs,
    );
    const event = toApiGatewayEvent(request, body, randomUUID(), new Date());
    const invoke = options.routes?.[`${request.method} ${event.rawPath}`] ?? options.invoke;
    const result = invoke(event)
      .then(toHttpResponse)
      .catch((error) => {
        options.log(`${describeRequest(request)} failed: ${error}`);
        return gatewayError(500, 'Internal Server Error');
      });
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

/** The body; undefined when it is longer than API Gateway accepts. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= maxPayloadBytes) chunks.push(chunk);
  }
  return length <= maxPayloadBytes ? Buffer.concat(chunks) : undefined;
}
