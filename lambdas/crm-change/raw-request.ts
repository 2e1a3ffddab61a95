import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Refusal } from './failures.ts';

/** A request as it came, for a source to authenticate. */
export interface RawRequest {
  /** By name in lower case; a header sent twice has its values joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** The very bytes that were signed. */
  readonly body: Buffer;
}

/** The most a body may hold. The largest sender known (Dataverse) cuts its own at this size. */
const maximumBytes = 256 * 1024;

const bytesOf = ({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer => {
  if (!isBase64Encoded) return Buffer.from(body, 'utf8');
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('base64') !== body) throw new Refusal('malformed', 'The body is not base64');
  return bytes;
};

const isJson = (contentType: string): boolean => {
  const [type, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return (
    type === 'application/json' &&
    (charset === undefined || /^charset="?(utf-?8|us-ascii)"?$/.test(charset))
  );
};

/**
 * The headers and bytes of an API Gateway event (payload format 2.0).
 * @throws Refusal when the body is not base64 though it says so, is over 256 KiB, or is not JSON by
 * its content type.
 */
export const readRequest = (event: APIGatewayProxyEventV2): RawRequest => {
  const body = bytesOf(event);
  if (body.length > maximumBytes) {
    throw new Refusal('too-large', `The body has ${body.length} bytes; at most ${maximumBytes}`);
  }
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined) headers.set(name.toLowerCase(), value);
  }
  if (!isJson(headers.get('content-type') ?? '')) {
    throw new Refusal('wrong-type', 'Send content-type: application/json, in UTF-8');
  }
  return { headers, body };
};
