import * as z from 'zod';
import { defaultStatus, HttpError, invalidBody } from '../../http/errors.ts';
import { CallSid, ConversationSid, TaskSid, Version } from '../../messages/ticket-change.ts';
import { hasSid } from '../../taskrouter/criteria.ts';
import { ticketIdSettings } from '../link-settings.ts';
import { millisecondsOf, Timestamp } from '../parse/fields.ts';
import { integerOrText, oncePerSetting, parsePayload as parse } from '../parse/payload.ts';
import { standardWebhooksSignature } from '../signing/standard-webhooks.ts';
import { httpSource } from '../source.ts';
import { ticketIdSchema } from '../ticket-ids.ts';

/**
 * A 2xx is success. After any other status, a sender retries for about three days. A 410 would end the
 * subscription. A 429, 502 or 504 asks the sender to slow down. So a 401 during a rotation loses nothing.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const statusOf = defaultStatus;

const AnyEvent = z.object({ type: z.string("must be the event's type, e.g. ticket.updated") });

/** The published body. Other fields of `data` are ignored. `null` means the same as a missing field. */
const TicketEvent = oncePerSetting((idPattern: string | undefined) =>
  z.object({
    timestamp: Timestamp,
    data: z.object({
      id: ticketIdSchema({ kind: 'standard-webhooks', idPattern }),
      version: integerOrText.pipe(Version).nullish(),
      url: z.string().nullish(),
      title: z.string().nullish(),
      taskSid: TaskSid.nullish(),
      callSid: CallSid.nullish(),
      conversationSid: ConversationSid.nullish(),
    }),
  }),
);

/**
 * The effect of each event on its ticket. A ticket that is `unlinked` leaves only the conversations that the event
 * names.
 */
const kindOf = new Map<string, 'present' | 'removed' | 'unlinked'>([
  ['ticket.created', 'present'],
  ['ticket.updated', 'present'],
  ['ticket.unlinked', 'unlinked'],
  ['ticket.deleted', 'removed'],
]);

/** Any sender that signs by Standard Webhooks 1.0 and sends our published body. */
export const standardWebhooks = httpSource({
  settings: { idPattern: ticketIdSettings.idPattern },
  ...standardWebhooksSignature,
  statusOf,
  retryAfterSeconds: 30,

  normalise: (payload, { idPattern }) => {
    const { type } = parse(AnyEvent, payload);
    const kind = kindOf.get(type);
    if (kind === undefined) return [{ kind: 'ignored', reason: 'not a ticket event' }];
    const { timestamp, data } = parse(TicketEvent(idPattern), payload);
    const occurredAt = millisecondsOf(timestamp);
    const { taskSid, callSid, conversationSid } = data;
    const sids = {
      ...(taskSid && { taskSid }),
      ...(callSid && { callSid }),
      ...(conversationSid && { conversationSid }),
    };
    if (kind === 'unlinked' && !hasSid(sids)) {
      throw new HttpError('invalid', invalidBody, [
        {
          field: 'data',
          problem:
            'must name the conversation that the ticket leaves: taskSid, callSid or conversationSid; ' +
            'send ticket.deleted for a deleted ticket',
        },
      ]);
    }
    return [
      {
        kind: kind === 'present' ? kind : 'removed',
        id: data.id,
        version: data.version ?? String(occurredAt),
        occurredAt,
        sids,
        ...(kind === 'removed' && { exclusive: true }),
        url: data.url ?? undefined,
        title: data.title ?? undefined,
      },
    ];
  },
});
