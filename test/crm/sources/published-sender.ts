import type { Sent } from '../../../fixtures/published-sender.ts';
import { standardSecret as secret, setUpWebhook } from '../../crm-change/webhook.ts';
import { apiGatewayEvent } from '../../http/webhook.ts';

/** Our webhook with one source: gives its response to a request, and the changes on the queue. */
export const webhookOf =
  (name: string, source: object, startsAt: number) =>
  async ({ headers, body, url }: Sent, now = startsAt, storedSecret = secret) => {
    const { crmChange, changes } = setUpWebhook({
      sources: { [name]: { ...source, secret: 'stored' } },
      secrets: { stored: storedSecret },
      now,
    });
    const { pathname: path } = new URL(url);
    const request = { path, headers: Object.fromEntries(headers), isBase64Encoded: true };
    const answer = await crmChange(apiGatewayEvent(body.toString('base64'), request));
    return { statusCode: answer.statusCode, response: answer.body, messages: changes() };
  };

/** The last request that left a sender. */
export const lastOf = ({ sent }: { readonly sent: readonly Sent[] }): Sent => {
  const last = sent.at(-1);
  if (last === undefined) throw new Error('nothing was sent');
  return last;
};
