import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { listen } from '../listen.ts';
import { httpEvent } from './http-event.ts';
import { type HttpResult, httpResult, message } from './http-result.ts';

/**
 * Limits of API Gateway's HTTP APIs.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const maximumBytes = 10 * 1024 * 1024;
const integrationLimitMs = 30_000;

/** What a request is for, as far as the source's name: behind it some have a secret. */
const nameOf = ({ method, url = '' }: IncomingMessage): string =>
  `${method} ${url.split(/[/?]/).slice(0, 3).join('/')}`;

/** The body, or nothing when it is longer than API Gateway takes. */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= maximumBytes) chunks.push(chunk);
  }
  return length <= maximumBytes ? Buffer.concat(chunks) : undefined;
};

type Invoke = (event: APIGatewayProxyEventV2) => Promise<unknown>;

/** The HTTP API in front of functions, on 127.0.0.1: a path of a function's own, or all the others. */
export const startDoor = async (options: {
  port?: number | undefined;
  /** Where all goes that has no route. */
  invoke: Invoke;
  /** By method and path, e.g. `POST /twilio/task-events`. */
  routes?: Readonly<Record<string, Invoke>>;
  log: (line: string) => void;
  integrationLimitMs?: number | undefined;
}) => {
  const limitMs = options.integrationLimitMs ?? integrationLimitMs;

  const answer = async (request: IncomingMessage): Promise<HttpResult> => {
    const body = await readBody(request);
    if (body === undefined) return message(413, 'Request Entity Too Large');
    const late = Promise.withResolvers<HttpResult>();
    const timer = setTimeout(() => late.resolve(message(503, 'Service Unavailable')), limitMs);
    const event = httpEvent(request, body, randomUUID(), new Date());
    const invoke = options.routes?.[`${request.method} ${event.rawPath}`] ?? options.invoke;
    const served = invoke(event)
      .then(httpResult)
      .catch((error) => {
        options.log(`${nameOf(request)} failed: ${error}`);
        return message(500, 'Internal Server Error');
      });
    return Promise.race([served, late.promise]).finally(() => clearTimeout(timer));
  };

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const { status, headers, body } = await answer(request);
      response.writeHead(status, { ...headers, 'content-length': body.length });
      response.end(body);
    } catch (error) {
      options.log(`${nameOf(request)} was not answered: ${error}`);
      response.destroy();
    }
  });
  return listen(server, options.port);
};
