import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js';
import { authTokenProblem } from '../../shared/http/auth-token-problem.ts';
import { HttpError, Unavailable } from '../../shared/http/errors.ts';
import { parseJsonBody, type RawRequest, readRequest } from '../../shared/http/request.ts';
import { signingSecrets } from '../../shared/http/signing-secrets.ts';
import { type ParsedEvent, parseCallback, parseEventStream } from './events.ts';

export interface TwilioAuthOptions {
  /** The text of a secret, by its name. */
  readonly readSecret: (name: string) => Promise<string>;
  readonly authTokenSecret: string;
  /** The URL that Twilio calls, without a query, where API Gateway does not see it. */
  readonly publicUrl: string | undefined;
}

const formType = 'application/x-www-form-urlencoded';

const jsonTypes = ['application/json', 'application/cloudevents-batch+json'];

/** API Gateway and Lambda take no more; how large a batch of Event Streams may be is not documented. */
const maxJsonBytes = 6 * 1024 * 1024;

/** An event has some forty fields. What anybody sends has to be read before it can be verified. */
const maxFormBytes = 256 * 1024;

const maxFields = 500;

/**
 * What a request says, once it is known to be Twilio's: a form by its fields, JSON by the hash of the
 * body that stands in the signed URL. Without that hash nothing speaks for a JSON body.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 * @throws Refusal or Unavailable.
 */
export async function authenticateTwilioRequest(
  event: APIGatewayProxyEventV2,
  { readSecret, authTokenSecret, publicUrl }: TwilioAuthOptions,
): Promise<readonly ParsedEvent[]> {
  const request = readRequest(event, [formType, ...jsonTypes], undefined, maxJsonBytes);
  const isForm = request.headers.get('content-type')?.toLowerCase().startsWith(formType) ?? false;
  if (isForm && request.body.length > maxFormBytes) {
    throw new HttpError('too-large', `The form has more than ${maxFormBytes} bytes`);
  }
  const signature = request.headers.get('x-twilio-signature');
  if (!signature) {
    throw new HttpError('malformed', 'These headers are missing: x-twilio-signature');
  }
  const text = await readSecret(authTokenSecret).catch((cause: unknown) => {
    throw new Unavailable(`Secret ${authTokenSecret} cannot be read`, { cause });
  });
  const tokens = signingSecrets(text, authTokenSecret, authTokenProblem);

  const url = signedUrl(request, publicUrl);
  if (!URL.canParse(url)) throw new HttpError('malformed', 'The host of the request is no host');
  const body = request.body.toString('utf8');
  const fields = isForm ? parseForm(body) : {};
  const isAuthentic = tokens.some((token) =>
    isForm
      ? validateRequest(token, signature, url, fields)
      : validateRequestWithBody(token, signature, url, body),
  );
  if (!isAuthentic) throw new HttpError('unauthenticated', 'Not authenticated');
  return isForm ? [parseCallback(fields)] : parseEventStream(parseJsonBody(request.body));
}

/** A field that is there several times is an array, as the validator wants it. */
function parseForm(body: string): Readonly<Record<string, string | readonly string[]>> {
  const fields = new Map<string, string | string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    count += 1;
    if (count > maxFields) {
      throw new HttpError('too-large', `The form has more than ${maxFields} fields`);
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
