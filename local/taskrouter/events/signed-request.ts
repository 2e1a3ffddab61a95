import { getExpectedBodyHash, getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import type { EmulatedEvent } from './event.ts';
import { toCallbackForm, toCloudEvent } from './payloads.ts';

/** A POST request. The signature covers exactly these bytes. */
export interface SignedRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * An event as a request to the Workspace's event callback: a form. The signature covers the URL and the fields.
 * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function callbackRequest(
  event: EmulatedEvent,
  url: string,
  authToken: string,
): SignedRequest {
  const form = toCallbackForm(event);
  return {
    url,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'X-Twilio-Signature': getExpectedTwilioSignature(authToken, url, form),
    },
    body: new URLSearchParams(form).toString(),
  };
}

/**
 * Events as a request of Event Streams: a JSON array. The URL holds a hash of the body, and the signature covers
 * the URL.
 * Source: https://www.twilio.com/docs/events/webhook-quickstart
 */
export function eventStreamsRequest(
  events: readonly EmulatedEvent[],
  url: string,
  authToken: string,
): SignedRequest {
  const body = JSON.stringify(events.map(toCloudEvent));
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
}

/**
 * Sends a request and follows no redirects.
 * @returns the status. Undefined if no response came in time
 */
export async function sendSignedRequest(
  { url, headers, body }: SignedRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}

/** Whether a status means that the receiver accepted the events. */
export function isAccepted(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}
