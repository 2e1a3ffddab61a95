import type { Crm, HttpCrm } from '../../fixtures/crm.ts';
import type { DescribedWebhook, WorldDescription } from '../world-description.ts';

const putEvents = async (url: string, source: string, type: string, detail: string) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSEvents.PutEvents',
    },
    body: JSON.stringify({ Entries: [{ Source: source, DetailType: type, Detail: detail }] }),
  });
  const answer = await response.text();
  if (!response.ok || !answer.includes('"FailedEntryCount":0')) {
    throw new Error(`EventBridge answered ${response.status}: ${answer}`);
  }
};

/** Sends a webhook to the door, of this moment and signed as its CRM signs. */
export const sendSigned = (
  { secret, url: target }: Pick<DescribedWebhook, 'secret' | 'url'>,
  crm: HttpCrm,
  body: Buffer,
): Promise<Response> => {
  const now = Date.now();
  const sent = crm.updateTimestamp?.(body, now) ?? body;
  const { url, headers } = crm.sign({ body: sent, secret, url: target, now });
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(sent),
  });
};

/**
 * Sends a payload as its CRM does: signed to the door, or by EventBridge.
 * @throws Error when it is not taken.
 */
export const sendPayload = async (
  { sources }: WorldDescription,
  name: string,
  crm: Crm,
  body: Buffer,
): Promise<void> => {
  const source = sources[name];
  if (source?.transport === 'event-bus' && crm.transport === 'event-bus') {
    return putEvents(source.url, source.partnerEventSource, source.detailType, body.toString());
  }
  if (source?.transport !== 'http' || crm.transport !== 'http') {
    throw new Error(`${name} is no source of this CRM`);
  }
  const response = await sendSigned(source, crm, body);
  if (!response.ok) {
    throw new Error(`The door answered ${response.status}: ${await response.text()}`);
  }
};
