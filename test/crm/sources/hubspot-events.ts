import { createHmac } from 'node:crypto';
import { hubspot } from '../../../shared/crm/sources/hubspot.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import type { RawRequest } from '../../../shared/http/request.ts';
import { fixture } from '../../crm-change/webhook.ts';

export const portalId = '62515';
export const id = '2874651930';
export const settings = { portalId, sidProperty: 'twilio_sid' };
export const normalise = (payload: unknown, changes: object = {}) =>
  hubspot.normalise(payload, { ...settings, ...changes });

export type Fields = Readonly<Record<string, unknown>>;
export const event = (name: string, changes: Fields = {}): Fields => ({
  ...JSON.parse(fixture(`hubspot/${name}.json`))[0],
  ...changes,
});
export const read = (name: string, changes: Fields = {}) => normalise([event(name, changes)]);
export const problems = (payload: unknown) => {
  try {
    return normalise(payload).flatMap((found) => (found.kind === 'refused' ? found.problems : []));
  } catch (error) {
    if (error instanceof HttpError) return error.problems;
    throw error;
  }
};
export const fields = (payload: unknown) => problems(payload).map(({ field }) => field);

export const uuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
export const target = 'https://hooks.example.com/webhooks/hubspot';
export const now = 1795340000123;

export interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly body?: string | Buffer;
  readonly timestamp?: string;
  readonly signature?: string;
}
export const request = ({
  method = 'POST',
  url = target,
  body = '[]',
  timestamp = String(now),
  signature = '',
}: Sent): RawRequest => ({
  method,
  url,
  pathToken: undefined,
  headers: new Map([
    ['x-hubspot-request-timestamp', timestamp],
    ['x-hubspot-signature-v3', signature],
  ]),
  body: Buffer.from(body),
});
/** By HubSpot's description: base64(HMAC-SHA256(client secret, method + URI + body + timestamp)). */
export const signed = (sent: Sent = {}, secret = uuid): RawRequest => {
  const { method, url, body, headers } = request(sent);
  const timestamp = headers.get('x-hubspot-request-timestamp');
  const content = Buffer.concat([Buffer.from(method + url), body, Buffer.from(`${timestamp}`)]);
  const signature = createHmac('sha256', secret).update(content).digest('base64');
  return request({ ...sent, signature });
};
export const isGenuine = (sent: RawRequest, at = now, webhookUrl?: string, secrets = [uuid]) =>
  hubspot.authenticate(sent, secrets, at, { ...settings, ...(webhookUrl && { webhookUrl }) });
