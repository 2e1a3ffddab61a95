import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HttpError } from './errors.ts';

/** An HTTP request, unparsed, for a source to authenticate. */
export interface RawRequest {
  method: string;
  /** The URL that API Gateway received. A proxy in front of API Gateway may have changed it. */
  url: string;
  /** The part of the path after the source's name. */
  pathToken: string | undefined;
  /** The headers, by name in lower case. The values of a header that was sent twice are joined by a comma. */
  headers: ReadonlyMap<string, string>;
  /** The bytes that were signed. */
  body: Buffer;
}

/**
 * The most bytes of a body in an event, as text or as base64. Lambda accepts events of 6 MiB. The rest of an event
 * needs less than 64 KiB: the headers, which API Gateway limits to 10 KiB, the URL and the context. JSON escapes
 * quotes and line ends, so a text of this size may already be too large for Lambda. Then API Gateway responds 413.
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const maxEventBodyBytes = (6 * 1024 - 64) * 1024;

/**
 * Reads the request in an API Gateway event (payload format 2.0).
 * @param maxBytes the sender's limit, if it is lower
 * @throws HttpError if the body has too many bytes, is declared as base64 but is not, or has another content type
 */
export function readRequest(
  event: APIGatewayProxyEventV2,
  contentTypes: readonly string[],
  pathToken: string | undefined,
  maxBytes = maxEventBodyBytes,
): RawRequest {
  // Stryker disable next-line StringLiteral: only the length counts, and any short text has room.
  const { body: text = '', isBase64Encoded } = event;
  const eventBytes = isBase64Encoded ? text.length : Buffer.byteLength(text);
  requireSize(eventBytes, maxEventBodyBytes, isBase64Encoded ? ' in base64' : '');
  const body = bodyBytes(event);
  requireSize(body.length, maxBytes);
  const headers = headersOf(event);
  // Stryker disable next-line StringLiteral: any other text is no content type either.
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
      // Stryker disable next-line ConditionalExpression: a header without a value reads as none.
      value === undefined ? [] : [[name.toLowerCase(), value]],
    ),
  );
}

/** @throws HttpError that names the headers that are missing or empty. */
export function requireHeaders({ headers }: RawRequest, names: readonly string[]): void {
  const missing = names.filter((name) => !headers.get(name));
  if (missing.length === 0) return;
  const message = `These headers are missing: ${missing.join(', ')}`;
  throw new HttpError('malformed', message, [], 'unsigned');
}

/** More digits than any of our integers has. A number of a hundred thousand digits is not parsed. */
const maxIntegerLength = 32;

/** Every integer beyond 2^53 has 16 digits or more. */
const longInteger = /\d{16}/;

/**
 * Many more values than any sender has: a change of an issue has some thousands. A body of 6 MiB has room for ten
 * times as many, and these would need more memory than the function has. docs/security.md has the measurements.
 */
const maxValues = 250_000;

const maxDepth = 1000;

/** A signature may cover a time in the body. Later, the payload is parsed from the same bytes. */
const parsedBodies = new WeakMap<Buffer, unknown>();

/**
 * Parses a JSON body, only once. Integers beyond 2^53 become a bigint, so they are exact.
 * @throws HttpError if it is not UTF-8, not JSON, nested more than 1,000 levels deep, or has more than
 * 250,000 values
 */
export function parseJsonBody(body: Buffer): unknown {
  if (!parsedBodies.has(body)) parsedBodies.set(body, parseBytes(body));
  return parsedBodies.get(body);
}

function parseBytes(body: Buffer): unknown {
  if (!isSurelySmall(body)) {
    const { values, depth } = measureJson(body);
    if (values > maxValues) {
      throw new HttpError('payload-too-large', `The body has more than ${maxValues} JSON values`);
    }
    if (depth > maxDepth) {
      throw new HttpError('malformed', `The body is nested more than ${maxDepth} levels deep`);
    }
  }
  try {
    const text = utf8.decode(body);
    // A reviver needs ten times the time and memory.
    return longInteger.test(text) ? JSON.parse(text, exactIntegers) : JSON.parse(text);
  } catch {
    // The parser's message quotes the body.
    throw new HttpError('malformed', 'The body is not JSON in UTF-8');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Whether a text has so few bytes and brackets that it cannot exceed a limit. This takes a tenth of the time of
 * `measureJson`.
 */
function isSurelySmall(body: Buffer): boolean {
  if (body.length > maxValues) return false;
  let brackets = 0;
  for (const bracket of Buffer.from('{[')) {
    for (let at = body.indexOf(bracket); at !== -1; at = body.indexOf(bracket, at + 1)) {
      brackets += 1;
      if (brackets > maxDepth) return false;
    }
  }
  return true;
}

/** The highest number of values that a JSON text may have, and the depth of its nesting. The text is not parsed. */
function measureJson(body: Buffer): { values: number; depth: number } {
  let values = 1;
  let depth = 0;
  let open = 0;
  let isText = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === quote) isText = !isText;
    else if (isText) at += byte === backslash ? 1 : 0;
    else if (byte === comma) values += 1;
    else if (byte === openBracket || byte === openBrace) {
      values += 1;
      open += 1;
      depth = Math.max(depth, open);
    } else if (byte === closeBracket || byte === closeBrace) open -= 1;
  }
  return { values, depth };
}

const [quote, backslash, comma, openBracket, closeBracket, openBrace, closeBrace] =
  Buffer.from('"\\,[]{}');

function requireSize(bytes: number, maxBytes: number, encoding = ''): void {
  if (bytes <= maxBytes) return;
  throw new HttpError(
    'payload-too-large',
    `The body has ${bytes} bytes${encoding}; at most ${maxBytes}`,
  );
}

function bodyBytes({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  if (!isBase64Encoded) return Buffer.from(body);
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('base64') !== body) throw new HttpError('malformed', 'The body is not base64');
  return bytes;
}

/** Whether a content type is one of these, with the charset UTF-8 or a part of it. */
function isContentType(types: readonly string[], contentType: string): boolean {
  // Stryker disable next-line StringLiteral: `split` gives one part at least.
  const [type = '', ...parameters] = contentType
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return (
    types.includes(type) &&
    (charset === undefined || /^charset="?(utf-?8|us-ascii)"?$/.test(charset))
  );
}

/**
 * The URL of a request. API Gateway itself sets `x-forwarded-proto`. `domainName` is the domain that the sender
 * called.
 */
function requestUrl(
  { rawPath, rawQueryString, requestContext }: APIGatewayProxyEventV2,
  headers: ReadonlyMap<string, string>,
): string {
  const scheme = headers.get('x-forwarded-proto') ?? 'https';
  const query = rawQueryString === '' ? '' : `?${rawQueryString}`;
  return `${scheme}://${requestContext.domainName}${rawPath}${query}`;
}

/** JSON.parse would round integers beyond 2^53. This makes them a bigint, from their text. */
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
