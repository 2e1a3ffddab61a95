import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

const textType = /^(text\/|application\/([\w.-]+\+)?(json|xml)\b|application\/javascript\b)/i;
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `23/Nov/2026:01:02:03 +0000` */
const clockTime = (at: Date): string => {
  const [date = '', time = ''] = at.toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  return `${day}/${months[Number(month) - 1]}/${year}:${time} +0000`;
};

/** The body as text where its type is one of text and its bytes are UTF-8, else as base64. */
const bodyOf = (bytes: Buffer, contentType: string) => {
  if (bytes.length === 0) return { isBase64Encoded: false };
  if (textType.test(contentType)) {
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return { body: decoder.decode(bytes), isBase64Encoded: false };
    } catch {}
  }
  return { body: bytes.toString('base64'), isBase64Encoded: true };
};

const queryOf = (rawQueryString: string) => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = query[name] === undefined ? value : `${query[name]},${value}`;
  }
  return query;
};

/**
 * A request as API Gateway's HTTP API hands it to a function, payload format 2.0.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const httpEvent = (
  request: IncomingMessage,
  bytes: Buffer,
  requestId: string,
  at: Date,
): APIGatewayProxyEventV2 => {
  const { method = 'GET', url = '/' } = request;
  const [rawPath = '/', ...query] = url.split('?');
  const rawQueryString = query.join('?');
  const { cookie, ...names } = request.headersDistinct;
  const sourceIp = request.socket.remoteAddress ?? '';
  const headers: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(names).map(([name, values = []]) => [name, values.join(',')]),
    ),
    // API Gateway says itself how it was reached; here that is without TLS.
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
    ...(rawQueryString !== '' && { queryStringParameters: queryOf(rawQueryString) }),
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
      time: clockTime(at),
      timeEpoch: at.getTime(),
    },
    ...bodyOf(bytes, headers['content-type'] ?? ''),
  };
};
