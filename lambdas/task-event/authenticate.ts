import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js';
import { authTokenProblem } from '../../shared/http/auth-token-problem.ts';
import { HttpError } from '../../shared/http/errors.ts';
import {
  parseJsonBody,
  type RawRequest,
  readRequest,
  requireHeaders,
} from '../../shared/http/request.ts';
import { type ReadSecret, readSigningSecrets } from '../../shared/http/signing-secrets.ts';
import { type ParsedEvent, parseCallback, parseEventStream } from './events.ts';

export interface TwilioAuthOptions {
  readSecret: ReadSecret;
  authTokenSecret: string;
  /** The URL that Twilio calls, without a query, if API Gateway does not see it. */
  publicUrl: string | undefined;
}

const formType = 'application/x-www-form-urlencoded';

const jsonTypes = ['application/json', 'application/cloudevents-batch+json'];

/** The limit of API Gateway and Lambda. How large a batch of Event Streams may be is not documented. */
const maxJsonBytes = 6 * 1024 * 1024;

/** An event has some forty fields. A form has to be parsed before it can be verified. */
const maxFormBytes = 256 * 1024;

const maxFields = 500;

const signatureHeader = 'x-twilio-signature';

/**
 * Verifies that a request is Twilio's, then parses it. Twilio signs the fields of a form; for JSON it
 * signs the URL, which holds a hash of the body. JSON without that hash is rejected.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 * @throws HttpError or Unavailable
 */
export async function authenticateTwilioRequest(
  event: APIGatewayProxyEventV2,
  { readSecret, authTokenSecret, publicUrl }: TwilioAuthOptions,
): Promise<readonly ParsedEvent[]> {
  const request = readRequest(event, [formType, ...jsonTypes], undefined, maxJsonBytes);
  const isForm = request.headers.get('content-type')?.toLowerCase().startsWith(formType) ?? false;
  if (isForm && request.body.length > maxFormBytes) {
    throw new HttpError('payload-too-large', `The form has more than ${maxFormBytes} bytes`);
  }
  requireHeaders(request, [signatureHeader]);
  const signature = request.headers.get(signatureHeader) ?? '';
  const tokens = await readSigningSecrets(authTokenSecret, readSecret, authTokenProblem);

  const url = signedUrl(request, publicUrl);
  if (!URL.canParse(url)) {
    throw new HttpError('malformed', 'The Host header is not a valid host name');
  }
  const body = request.body.toString('utf8');
  const fields = isForm ? parseForm(body) : {};
  const isAuthentic = tokens.some((token) =>
    isForm
      ? validateRequest(token, signature, url, fields)
      : validateRequestWithBody(token, signature, url, body),
  );
  if (!isAuthentic) {
    throw new HttpError('unauthenticated', 'Not authenticated', [], 'bad signature');
  }
  return isForm ? [parseCallback(fields)] : parseEventStream(parseJsonBody(request.body));
}

/** A field that occurs several times is an array, as Twilio's validator expects it. */
function parseForm(body: string): Readonly<Record<string, string | readonly string[]>> {
  const fields = new Map<string, string | string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    count += 1;
    if (count > maxFields) {
      throw new HttpError('payload-too-large', `The form has more than ${maxFields} fields`);
    }
    const earlier = fields.get(name);
    fields.set(name, earlier === undefined ? value : [earlier, value].flat());
  }
  return Object.fromEntries(fields);
}

function signedUrl({ url }: RawRequest, publicUrl: string | undefined): string {
  if (publicUrl === undefined) return url;
  const query = url.indexOf('?');
  return query === -1 ? publicUrl : publicUrl + url.slice(query);
}
