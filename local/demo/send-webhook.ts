import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Crm, HttpCrm } from '../../fixtures/crm.ts';
import { crm } from '../../fixtures/zendesk/crm.ts';
import {
  type EventBusSourceDescription,
  findWebhookSource,
  type LocalStackDescription,
  type WebhookSourceDescription,
} from '../stack-description.ts';

/** A POST request as a CRM sends it, or as it goes to EventBridge. */
export interface CrmRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** A webhook with the current time, and with the CRM's signature. */
export function signedWebhook(
  { secret, url: target }: Pick<WebhookSourceDescription, 'secret' | 'url'>,
  crm: HttpCrm,
  body: Buffer,
): CrmRequest {
  const now = Date.now();
  const sent = crm.updateTimestamp?.(body, now) ?? body;
  const { url, headers } = crm.sign({ body: sent, secret, url: target, now });
  return { url, headers: { 'content-type': 'application/json', ...headers }, body: sent };
}

/** A CRM's event as a request to EventBridge's PutEvents. */
export function putEvents(
  { url, partnerEventSource, detailType }: EventBusSourceDescription,
  detail: string,
): CrmRequest {
  const entry = { Source: partnerEventSource, DetailType: detailType, Detail: detail };
  return {
    url,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSEvents.PutEvents',
    },
    body: Buffer.from(JSON.stringify({ Entries: [entry] })),
  };
}

/** Sends a request once. */
export function sendRequest({ url, headers, body }: CrmRequest): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...headers }, body: new Uint8Array(body) });
}

/** Sends a webhook once, with the current time and the CRM's signature. */
export function sendSignedWebhook(...webhook: Parameters<typeof signedWebhook>): Promise<Response> {
  return sendRequest(signedWebhook(...webhook));
}

/**
 * Sends a payload as its CRM does: as a signed webhook, or through EventBridge.
 * @throws Error if the payload is not accepted
 */
export async function sendCrmPayload(
  { sources }: LocalStackDescription,
  name: string,
  crm: Crm,
  body: Buffer,
): Promise<void> {
  const source = sources[name];
  if (source?.transport === 'event-bus' && crm.transport === 'event-bus') {
    const answered = await sendRequest(putEvents(source, body.toString()));
    const answer = await answered.text();
    if (answered.ok && answer.includes('"FailedEntryCount":0')) return;
    throw new Error(`EventBridge returned ${answered.status}: ${answer}`);
  }
  if (source?.transport !== 'http' || crm.transport !== 'http') {
    throw new Error(`${name} is not a source of this CRM`);
  }
  const response = await sendUntilAccepted(() => sendSignedWebhook(source, crm, body));
  if (!response.ok) {
    throw new Error(`The webhook endpoint returned ${response.status}: ${await response.text()}`);
  }
}

const AcceptedResponse = z.looseObject({ accepted: z.number() });

export interface ZendeskEvent {
  ticket: string;
  /** The name of the event, e.g. `status_changed`. */
  event: string;
  /** When the event happened, in milliseconds since 1970. */
  at: number;
  /** Fields of the ticket that replace the defaults. */
  fields?: object;
}

/** Sends webhooks as Zendesk does. */
export function createZendeskSender(stack: LocalStackDescription) {
  return {
    /**
     * Sends a webhook.
     * @returns how many changes were accepted
     * @throws Error if the webhook is not accepted
     */
    send: async ({ ticket, event, at, fields = {} }: ZendeskEvent): Promise<number> => {
      const time = new Date(at).toISOString().replace('Z', '654321Z');
      const body = JSON.stringify(ticketEvent(ticket, event, time, fields));
      const source = findWebhookSource(stack, 'zendesk');
      const response = await sendUntilAccepted(() =>
        sendSignedWebhook(source, crm, Buffer.from(body)),
      );
      if (!response.ok)
        throw new Error(`The webhook endpoint returned ${response.status} to ticket ${ticket}`);
      return AcceptedResponse.parse(await response.json()).accepted;
    },
  };
}

const maxAttempts = 20;

const retryDelayMs = 1000;

/** Sends again after a 429 or 5xx, as CRMs do. On a busy machine a function may time out. */
async function sendUntilAccepted(send: () => Promise<Response>): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send();
    const mayRetry = response.status === 429 || response.status >= 500;
    if (!mayRetry || attempt === maxAttempts) return response;
    await delay(retryDelayMs);
  }
}

/** An event of a ticket in Zendesk's form. It contains customer data, which must not be logged or stored. */
function ticketEvent(ticket: string, event: string, time: string, fields: object) {
  return {
    account_id: 22129848,
    detail: {
      actor_id: '8447388090494',
      assignee_id: '8447388090494',
      brand_id: '8447346621310',
      created_at: '2026-11-23T10:12:07Z',
      custom_status: '8447320465790',
      description: 'My card was charged twice, please call me back.',
      external_id: null,
      form_id: '8646151517822',
      group_id: '8447320466430',
      id: ticket,
      is_public: true,
      organization_id: null,
      priority: 'HIGH',
      requester_id: '8447388090494',
      status: 'OPEN',
      subject: 'Charged twice',
      submitter_id: '8447388090494',
      tags: ['billing'],
      type: 'PROBLEM',
      updated_at: `${time.slice(0, 19)}Z`,
      via: { channel: 'web_service' },
      ...fields,
    },
    event: {},
    id: randomUUID(),
    subject: `zen:ticket:${ticket}`,
    time,
    type: `zen:event-type:ticket.${event}`,
    zendesk_event_version: '2022-11-06',
  };
}
