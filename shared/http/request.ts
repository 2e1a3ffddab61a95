import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HttpError } from './errors.ts';

/** A request as it came, for a source to authenticate. */
export interface RawRequest {
  readonly method: string;
  /** The URL that the sender called, as API Gateway saw it: a proxy in front of that may hide it. */
  readonly url: string;
  /** What stands in the path behind the source's name. */
  readonly pathToken: string | undefined;
  /** By name in lower case; a header sent twice has its values joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** The very bytes that were signed. */
  readonly body: Buffer;
}

/** The most that a CRM's body may hold. The largest sender known (Dataverse) cuts its own at this size. */
const defaultMaxBytes = 256 * 1024;

/**
 * What an API Gateway event (payload format 2.0) holds of a request.
 * @throws Refusal when the body is not base64 though it says so, is too large, or is not of one of the
 * content types.
 */
export function readRequest(
  event: APIGatewayProxyEventV2,
  contentTypes: readonly string[],
  pathToken: string | undefined,
  maxBytes = defaultMaxBytes,
): RawRequest {
  const body = bodyBytes(event);
  if (body.length > maxBytes) {
    throw new HttpError('too-large', `The body has ${body.length} bytes; at most ${maxBytes}`);
  }
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined) headers.set(name.toLowerCase(), value);
  }
  if (!isContentType(contentTypes, headers.get('content-type') ?? '')) {
    throw new HttpError('wrong-type', `Send content-type: ${contentTypes.join(' or ')}, in UTF-8`);
  }
  const { method } = event.requestContext.http;
  return { method, url: requestUrl(event, headers), pathToken, headers, body };
}

/** Longer than any integer of ours; keeps a number of a hundred thousand digits from being read. */
const maxIntegerLength = 32;

/**
 * What a body says, with integers beyond 2^53 exact, as a bigint.
 * @throws Refusal when it is not UTF-8, not JSON, or nested thousands of levels deep.
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

/** JSON.parse would round integers beyond 2^53: those become a bigint, from their own text. */
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
