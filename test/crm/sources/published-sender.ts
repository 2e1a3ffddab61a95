import { standardSecret as secret, setUpWebhook } from '../../crm-change/webhook.ts';
import { apiGatewayEvent } from '../../http/webhook.ts';

/** A request that left an app or a script that we publish. */
export interface Sent {
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What the other end does with a request: a status and a body, or it is not there. */
export type SenderResponse = { readonly status: number; readonly response?: string } | 'no answer';

/** Our webhook with one source: gives its response to a request, and the changes on the queue. */
export const webhookOf =
  (name: string, source: object) =>
  async ({ headers, body, url }: Sent, now: number, storedSecret: string = secret) => {
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
