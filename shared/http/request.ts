import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HttpError } from './errors.ts';

/** An HTTP request, unparsed, for a source to authenticate. */
export interface RawRequest {
  method: string;
  /** The URL as API Gateway saw it; a proxy in front of API Gateway may have changed it. */
  url: string;
  /** The part of the path after the source's name. */
  pathToken: string | undefined;
  /** By name in lower case; a header sent twice has its values joined by a comma. */
  headers: ReadonlyMap<string, string>;
  /** The bytes that were signed. */
  body: Buffer;
}

/** The most bytes of a CRM's body. Dataverse, which sends the largest known, cuts its own at this size. */
const defaultMaxBytes = 256 * 1024;

/**
 * Reads the request in an API Gateway event (payload format 2.0).
 * @throws HttpError if the body is declared as base64 and is not, has more than `maxBytes`, or has none
 * of the content types.
 */
export function readRequest(
  event: APIGatewayProxyEventV2,
  contentTypes: readonly string[],
  pathToken: string | undefined,
  maxBytes = defaultMaxBytes,
): RawRequest {
  const body = bodyBytes(event);
  if (body.length > maxBytes) {
    throw new HttpError(
      'payload-too-large',
      `The body has ${body.length} bytes; at most ${maxBytes}`,
    );
  }
  const headers = headersOf(event);
  if (!isContentType(contentTypes, headers.get('content-type') ?? '')) {
    throw new HttpError(
      'unsupported-media-type',
      `Send content-type: ${contentTypes.join(' or ')}, in UTF-8`,
    );
  }
  const { method } = event.requestContext.http;
  return { method, url: requestUrl(event, headers), pathToken, headers, body };
}

/** The headers of an API Gateway event, by name in lower case. */
export function headersOf({ headers }: APIGatewayProxyEventV2): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name.toLowerCase(), value]],
    ),
  );
}

/** @throws HttpError that names the headers that are missing or empty. */
export function requireHeaders({ headers }: RawRequest, names: readonly string[]): void {
  const missing = names.filter((name) => !headers.get(name));
  if (missing.length === 0) return;
  throw new HttpError('malformed', `These headers are missing: ${missing.join(', ')}`);
}

/** More than any integer of ours needs; a number of a hundred thousand digits is not read. */
const maxIntegerLength = 32;

/**
 * Parses a JSON body. Integers beyond 2^53 are exact, as a bigint.
 * @throws HttpError if it is not UTF-8, not JSON, or nested thousands of levels deep.
 */
export function parseJsonBody(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), exactIntegers);
  } catch {
    // The parser's own message quotes the body.
    throw new HttpError('malformed', 'The body is not JSON in UTF-8, or is nested too deeply');
  }
}

function bodyBytes({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  if (!isBase64Encoded) return Buffer.from(body, 'utf8');
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('base64') !== body) throw new HttpError('malformed', 'The body is not base64');
  return bytes;
}

/** Whether a content type is one of these, in UTF-8 or a part of it. */
function isContentType(types: readonly string[], contentType: string): boolean {
  const [type = '', ...parameters] = contentType
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return (
    types.includes(type) &&
    (charset === undefined || /^charset="?(utf-?8|us-ascii)"?$/.test(charset))
  );
}

/** API Gateway sets `x-forwarded-proto` itself; `domainName` is the domain that it was reached by. */
function requestUrl(
  { rawPath, rawQueryString, requestContext }: APIGatewayProxyEventV2,
  headers: ReadonlyMap<string, string>,
): string {
  const scheme = headers.get('x-forwarded-proto') ?? 'https';
  const query = rawQueryString === '' ? '' : `?${rawQueryString}`;
  return `${scheme}://${requestContext.domainName}${rawPath}${query}`;
}

/** JSON.parse would round integers beyond 2^53: these become a bigint, from their own text. */
function exactIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    source !== undefined &&
    source.length <= maxIntegerLength &&
    /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;
}
