import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { HttpCrm } from '../../../fixtures/crm.ts';
import { readPayload } from '../../../fixtures/load.ts';
import { crm as standardWebhooks } from '../../../fixtures/standard-webhooks/crm.ts';
import { crm as zendesk } from '../../../fixtures/zendesk/crm.ts';
import { findWebhookSource, type LocalStackDescription } from '../../../local/stack-description.ts';
import type { KnownTicket } from '../../../shared/messages/message.ts';
import { type PlannedChange, ticketKeyOf } from '../plan/plan.ts';

/** Any time will do: versions are compared with each other only. */
const firstChangeAt = Date.parse('2026-11-23T10:00:00Z');

const connections = 24;

const firstRetryMs = 50;

const maxRetryMs = 400;

const maxAttempts = 200;

const ZendeskPayload = z.looseObject({ detail: z.looseObject({}) });

const changedPayload = ZendeskPayload.parse(
  JSON.parse(readPayload('zendesk', 'status_changed.json').toString()),
);

const deletedPayload = ZendeskPayload.parse(
  JSON.parse(readPayload('zendesk', 'soft_deleted.json').toString()),
);

/** The Twilio SIDs that a change may name. */
interface ConversationSids {
  readonly taskSid: string;
  readonly callSid: string;
}

/** What the ledger and the media list of a Task should say after a change. */
export function expectedTicket(change: PlannedChange): KnownTicket {
  const { source, ticket, version, isRemoval, correlatedBy } = change;
  const title = `Ticket ${ticket}`;
  const url =
    source === 'zendesk' ? zendesk.settings.ticketUrl.replace('{id}', ticket) : genericUrl(change);
  return {
    ticket: ticketKeyOf(change),
    // Nanoseconds since 1970, of a time in milliseconds.
    version: source === 'zendesk' ? `${timeOf(version).getTime()}000000` : String(version),
    link: isRemoval ? null : { type: 'Referenced', url, title },
    ...((isRemoval || correlatedBy !== 'attribute') && { placed: !isRemoval }),
  };
}

/** What a ticket id on the Task itself means: version 0, older than every change of the CRM. */
export function ticketFromTaskAttribute(ticket: string): KnownTicket {
  return {
    ...expectedTicket({
      source: 'zendesk',
      ticket,
      version: 0,
      isRemoval: false,
      tasks: [],
      correlatedBy: 'attribute',
    }),
    version: '0',
    named: true,
  };
}

/**
 * The CRMs: they sign each webhook with the current time, and send again what did not get a 2xx.
 * @param now the clock of the webhook functions, in milliseconds since 1970
 */
export function createCrmSender(
  stack: LocalStackDescription,
  now: () => number,
  signal: AbortSignal,
) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const counts = { sent: 0, acknowledged: 0, rejected: 0 };
  const sources = {
    zendesk: { webhook: findWebhookSource(stack, 'zendesk'), crm: zendesk },
    generic: { webhook: findWebhookSource(stack, 'generic'), crm: standardWebhooks },
  } satisfies Record<string, { webhook: unknown; crm: HttpCrm }>;

  const post = (url: string, headers: Record<string, string>, body: Buffer): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers, agent }, (answer) => {
        answer.once('error', reject).once('end', () => resolve(answer.statusCode ?? 0));
        answer.resume();
      });
      sent.once('error', reject);
      sent.end(body);
    });

  const tryOnce = async (name: keyof typeof sources, body: Buffer): Promise<number | undefined> => {
    const { webhook, crm } = sources[name];
    const { secret, url: target } = webhook;
    const { url, headers } = crm.sign({ body, secret, url: target, now: now() });
    counts.sent += 1;
    try {
      return await post(url, { 'content-type': 'application/json', ...headers }, body);
    } catch {
      return undefined;
    }
  };

  return {
    counts,
    /**
     * Sends a change until it is accepted.
     * @throws Error when no attempt is accepted
     */
    send: async (change: PlannedChange, conversations: ConversationSids): Promise<void> => {
      const { source } = change;
      const body = source === 'zendesk' ? zendeskBody(change) : genericBody(change, conversations);
      const bytes = Buffer.from(JSON.stringify(body));
      for (let tries = 1; tries <= maxAttempts; tries += 1) {
        const status = await tryOnce(source, bytes);
        if (status !== undefined && status >= 200 && status < 300) {
          counts.acknowledged += 1;
          return;
        }
        counts.rejected += 1;
        await delay(Math.min(maxRetryMs, firstRetryMs * tries), undefined, { signal });
      }
      throw new Error(`No webhook attempt succeeded for ${ticketKeyOf(change)}`);
    },
    close: (): void => agent.destroy(),
  };
}

export type CrmSender = ReturnType<typeof createCrmSender>;

function timeOf(version: number): Date {
  return new Date(firstChangeAt + version * 1000);
}

/** The URL of a ticket of the generic source: another one in each version. */
function genericUrl({ ticket, version }: PlannedChange): string {
  return `https://tickets.example.com/${ticket}/v${version}`;
}

function zendeskBody({ ticket, version, isRemoval }: PlannedChange): object {
  const template = isRemoval ? deletedPayload : changedPayload;
  return {
    ...template,
    detail: { ...template.detail, id: ticket },
    id: randomUUID(),
    subject: `zen:ticket:${ticket}`,
    time: timeOf(version).toISOString(),
  };
}

function genericBody(change: PlannedChange, { taskSid, callSid }: ConversationSids): object {
  return {
    type: change.isRemoval ? 'ticket.deleted' : 'ticket.updated',
    timestamp: timeOf(change.version).toISOString(),
    data: {
      id: change.ticket,
      version: change.version,
      ...(!change.isRemoval && { url: genericUrl(change) }),
      ...(change.correlatedBy === 'task' ? { taskSid } : { callSid }),
    },
  };
}
