import { getExpectedBodyHash, getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { callbackForm } from './callback-form.ts';
import { cloudEvent } from './cloud-event.ts';
import type { TwinEvent } from './twin-event.ts';

/** A POST that is ready to be sent, to the letter as it was signed. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * An event as the Workspace's event callback tells it: a form, signed by its URL and fields.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export const callbackRequest = (
  event: TwinEvent,
  url: string,
  authToken: string,
): SignedRequest => {
  const form = callbackForm(event);
  return {
    url,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'X-Twilio-Signature': getExpectedTwilioSignature(authToken, url, form),
    },
    body: new URLSearchParams(form).toString(),
  };
};

/**
 * Events as Event Streams tells them: a JSON array, signed by a URL that holds the body's hash.
 * Source: https://www.twilio.com/docs/events/webhook-quickstart
 */
export const streamRequest = (
  events: readonly TwinEvent[],
  url: string,
  authToken: string,
): SignedRequest => {
  const body = JSON.stringify(events.map(cloudEvent));
  const hash = `bodySHA256=${getExpectedBodyHash(body)}`;
  const signedUrl = `${url}${url.includes('?') ? '&' : '?'}${hash}`;
  return {
    url: signedUrl,
    headers: {
      'Content-Type': 'application/json',
      'X-Twilio-Signature': getExpectedTwilioSignature(authToken, signedUrl, {}),
    },
    body,
  };
};
