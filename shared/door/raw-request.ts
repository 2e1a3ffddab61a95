import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HttpError } from './failures.ts';

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

const bodyBytes = ({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer => {
  if (!isBase64Encoded) return Buffer.from(body, 'utf8');
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('base64') !== body) throw new HttpError('malformed', 'The body is not base64');
  return bytes;
};

/** Whether a content type is one of these, in UTF-8 or a part of it. */
const isContentType = (types: readonly string[], contentType: string): boolean => {
  const [type = '', ...parameters] = contentType
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return (
    types.includes(type) &&
    (charset === undefined || /^charset="?(utf-?8|us-ascii)"?$/.test(charset))
  );
};

/** API Gateway sets `x-forwarded-proto` itself; `domainName` is the domain that it was reached by. */
const requestUrl = (
  { rawPath, rawQueryString, requestContext }: APIGatewayProxyEventV2,
  headers: ReadonlyMap<string, string>,
): string => {
  const scheme = headers.get('x-forwarded-proto') ?? 'https';
  const query = rawQueryString === '' ? '' : `?${rawQueryString}`;
  return `${scheme}://${requestContext.domainName}${rawPath}${query}`;
};

/**
 * What an API Gateway event (payload format 2.0) holds of a request.
 * @throws Refusal when the body is not base64 though it says so, is too large, or is not of one of the
 * content types.
 */
export const readRequest = (
  event: APIGatewayProxyEventV2,
  contentTypes: readonly string[],
  pathToken: string | undefined,
  maxBytes = defaultMaxBytes,
): RawRequest => {
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
};
