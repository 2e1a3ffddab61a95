import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import {
  getSignatureAlgorithm,
  validateRequest,
  validateRequestWithBody,
} from 'twilio/lib/webhooks/webhooks.js';
import { HttpError } from '../../shared/http/errors.ts';
import {
  parseJsonBody,
  type RawRequest,
  readRequest,
  requireHeaders,
} from '../../shared/http/request.ts';
import {
  authTokenProblem,
  type ReadSecret,
  readSigningSecrets,
  sharedKeyProblem,
} from '../../shared/http/signing-secrets.ts';
import { type ParsedEvent, parseCallback, parseEventStream } from './events.ts';

export interface TwilioAuthOptions {
  readSecret: ReadSecret;
  authTokenSecret: string;
  /** The name of the secret that contains the secrets of SharedKeys. Undefined if none is configured. */
  sharedKeySecret?: string | undefined;
  /** The URL that Twilio calls, without a query. Undefined if API Gateway sees this URL. */
  publicUrl: string | undefined;
}

const formType = 'application/x-www-form-urlencoded';

const jsonTypes = ['application/json', 'application/cloudevents-batch+json'];

/** An event has about forty fields. A form must be parsed before it can be verified. */
const maxFormBytes = 256 * 1024;

const maxFields = 500;

const signatureHeader = 'x-twilio-signature';

/** Twilio adds this header if, by a Webhooks Rule, a SharedKey signs in place of the Auth Token. */
const settingsHeader = 'x-twilio-webhooks-signature-settings';

const algorithms = ['HMAC_SHA1', 'HMAC_SHA256'];

/**
 * Verifies that a request comes from Twilio, then parses it. For a form, Twilio signs the fields. For JSON, it
 * signs the URL, which contains a hash of the body. JSON without that hash is rejected.
 * Sources: https://www.twilio.com/docs/usage/webhooks/webhooks-security and
 * https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
 * @throws HttpError or Unavailable
 */
export async function authenticateTwilioRequest(
  event: APIGatewayProxyEventV2,
  options: TwilioAuthOptions,
): Promise<readonly ParsedEvent[]> {
  const request = readRequest(event, [formType, ...jsonTypes], undefined);
  const isForm = request.headers.get('content-type')?.toLowerCase().startsWith(formType) ?? false;
  if (isForm && request.body.length > maxFormBytes) {
    throw new HttpError('payload-too-large', `The form has more than ${maxFormBytes} bytes`);
  }
  requireHeaders(request, [signatureHeader]);
  const signature = request.headers.get(signatureHeader) ?? '';
  const { secrets, algorithm } = await readSigningKey(request, options);

  const url = signedUrl(request, options.publicUrl);
  if (!URL.canParse(url)) {
    throw new HttpError('malformed', 'The Host header is not a valid host name');
  }
  const body = request.body.toString('utf8');
  const fields = isForm ? parseForm(body) : {};
  // The signature of such a URL would also be the signature of an empty form.
  const isOfJson = new URL(url).searchParams.has('bodySHA256');
  const isAuthentic = secrets.some((secret) =>
    isForm
      ? !isOfJson && validateRequest(secret, signature, url, fields, algorithm)
      : validateRequestWithBody(secret, signature, url, body, algorithm),
  );
  if (!isAuthentic) {
    const reason = signaturePattern.test(signature) ? 'signature' : 'malformed';
    throw new HttpError('unauthenticated', 'Not authenticated', [], reason);
  }
  return isForm ? [parseCallback(fields)] : parseEventStream(parseJsonBody(request.body));
}

/** An HMAC-SHA1 or HMAC-SHA256 in base64. */
const signaturePattern = /^(?:[A-Za-z0-9+/]{27}|[A-Za-z0-9+/]{43})=$/;

/**
 * The key that signed a request, by its headers. A request that we cannot verify is `unverifiable`. Event Streams
 * retries after this status, so its events are not lost while somebody stores the SharedKey.
 * @throws HttpError or Unavailable
 */
async function readSigningKey(
  { headers }: RawRequest,
  { readSecret, authTokenSecret, sharedKeySecret }: TwilioAuthOptions,
): Promise<{ secrets: readonly string[]; algorithm: string }> {
  const settings = headers.get(settingsHeader);
  const algorithm = getSignatureAlgorithm(settings);
  if (!settings) {
    const secrets = await readSigningSecrets(authTokenSecret, readSecret, authTokenProblem);
    return { secrets, algorithm };
  }
  if (sharedKeySecret === undefined || !algorithms.includes(algorithm.toUpperCase())) {
    throw new HttpError('unverifiable', 'Not authenticated', [], 'shared-key');
  }
  const secrets = await readSigningSecrets(sharedKeySecret, readSecret, sharedKeyProblem);
  return { secrets, algorithm };
}

/** A field that occurs several times becomes an array, as Twilio's validator expects. */
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
