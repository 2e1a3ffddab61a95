import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { listen } from '../listen.ts';

/**
 * Two limits: API Gateway's limit for the body of a request to an HTTP API, and Lambda's limit for the whole event
 * as JSON. If a request exceeds one, API Gateway responds 413.
 * Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
 * https://github.com/aws/aws-lambda-dotnet/pull/1990
 */
const maxPayloadBytes = 10 * 1024 * 1024;

const maxEventBytes = 6 * 1024 * 1024;

/**
 * The limit for all bodies in memory: a body stays there while its request waits for a function. AWS limits the
 * requests per second instead.
 */
const defaultBytesInProgress = 256 * 1024 * 1024;

const defaultIntegrationTimeoutMs = 30_000;

type Invoke = (event: APIGatewayProxyEventV2) => Promise<unknown>;

/**
 * Starts an HTTP API on 127.0.0.1. Each route invokes its own function. All other requests invoke the default
 * function.
 */
export async function startHttpApi(options: {
  port?: number | undefined;
  /** The default function: it gets requests that match no route. */
  invoke: Invoke;
  /** Functions by method and path, e.g. `POST /twilio/task-events`. */
  routes?: Readonly<Record<string, Invoke>>;
  log: (line: string) => void;
  integrationTimeoutMs?: number | undefined;
  /** The limit for the bodies that are being read or wait for a function. Beyond it, the response is 429. */
  maxBytesInProgress?: number;
}) {
  const timeoutMs = options.integrationTimeoutMs ?? defaultIntegrationTimeoutMs;

  const { maxBytesInProgress = defaultBytesInProgress } = options;
  let bytesInProgress = 0;

  /** The body. If it is longer than API Gateway accepts, or the memory for bodies is full: the error response. */
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

/** Method and path up to the source's name. The rest of the path may contain a secret. */
function describeRequest({ method, url = '' }: IncomingMessage): string {
  return `${method} ${url.split(/[/?]/).slice(0, 3).join('/')}`;
}

const textContentType =
  /^(text\/|application\/([\w.-]+\+)?(json|xml)\b|application\/javascript\b)/i;

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * A request as an event of API Gateway's HTTP API, payload format 2.0.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
function toApiGatewayEvent(
  request: IncomingMessage,
  bytes: Buffer,
  requestId: string,
  at: Date,
): APIGatewayProxyEventV2 {
  const { method = 'GET', url = '/' } = request;
  const [rawPath = '/', ...query] = url.split('?');
  const rawQueryString = query.join('?');
  const { cookie, ...names } = request.headersDistinct;
  const sourceIp = request.socket.remoteAddress ?? '';
  const headers: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(names).map(([name, values = []]) => [name, values.join(',')]),
    ),
    // API Gateway sets these headers itself. TLS is missing here.
    'x-forwarded-for': sourceIp,
    'x-forwarded-port': String(request.socket.localPort ?? ''),
    'x-forwarded-proto': 'http',
  };
  const host = headers['host'] ?? '';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.flatMap((line) => line.split(/;\s*/)) }),
    headers,
    ...(rawQueryString !== '' && { queryStringParameters: parseQuery(rawQueryString) }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: host,
      domainPrefix: host.split('.')[0] ?? '',
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: formatClfTime(at),
      timeEpoch: at.getTime(),
    },
    ...encodeBody(bytes, headers['content-type'] ?? ''),
  };
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** A function's result that has a status code, in payload format 2.0. */
const ResultWithStatusCode = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), scalar).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

interface GatewayResponse {
  status: number;
  headers: Readonly<Record<string, string | string[]>>;
  body: Buffer;
}

const jsonHeaders = { 'content-type': 'application/json' };

/** A response that API Gateway itself creates. */
function gatewayError(status: number, text: string): GatewayResponse {
  return {
    status,
    headers: jsonHeaders,
    body: Buffer.from(JSON.stringify({ message: text })),
  };
}

/**
 * The HTTP response for a function's result. A result without a status code becomes the JSON body of a 200. A
 * result with a status code must have the documented form. If it has not, the response is a 500.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
function toHttpResponse(result: unknown): GatewayResponse {
  if (!hasStatusCode(result)) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: jsonHeaders, body: Buffer.from(body) };
  }
  const parsed = ResultWithStatusCode.safeParse(result);
  if (!parsed.success) return gatewayError(500, 'Internal Server Error');
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      ...(cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/** A time in the Common Log Format: `23/Nov/2026:01:02:03 +0000` */
function formatClfTime(at: Date): string {
  const [date = '', time = ''] = at.toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  return `${day}/${months[Number(month) - 1]}/${year}:${time} +0000`;
}

/** The body as text if its content type is text and its bytes are UTF-8. Otherwise the body as base64. */
function encodeBody(bytes: Buffer, contentType: string) {
  if (bytes.length === 0) return { isBase64Encoded: false };
  if (textContentType.test(contentType)) {
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return { body: decoder.decode(bytes), isBase64Encoded: false };
    } catch {}
  }
  return { body: bytes.toString('base64'), isBase64Encoded: true };
}

function parseQuery(rawQueryString: string) {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = query[name] === undefined ? value : `${query[name]},${value}`;
  }
  return query;
}

function hasStatusCode(result: unknown): result is object {
  return typeof result === 'object' && result !== null && 'statusCode' in result;
}
