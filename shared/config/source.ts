import * as z from 'zod';
import { Link } from '../media/link.ts';
import { SourceName, TicketAttribute } from '../message/ticket-change.ts';

const host = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a lower-case host name, without scheme or port');

const urlTemplate = z
  .string()
  .refine((template) => template.split('{id}').length === 2, 'must hold {id} exactly once')
  .refine(
    (template) => URL.canParse(template) && new URL(template).protocol === 'https:',
    'must be an https URL',
  )
  .refine((template) => {
    const url = URL.parse(template);
    return url === null || (url.username === '' && url.password === '');
  }, 'must not hold a user name or a password')
  .refine(
    (template) => Link.shape.url.safeParse(template.replace('{id}', '9'.repeat(64))).success,
    'must be percent-encoded ASCII, of at most 1024 characters with an id of 64',
  );

const common = {
  /** The ticket's page, e.g. `https://acme.zendesk.com/agent/tickets/{id}`. */
  ticketUrl: urlTemplate,
  /** Hosts that links of this source may point to; the host of `ticketUrl` where it is not set. */
  allowedHosts: z.array(host).min(1).optional(),
  linkType: z.enum(['Referenced', 'Embedded']).default('Referenced'),
  /** Title of the link; `{id}` stands for the ticket id. It reaches Flex Insights: no PHI. */
  title: z.string().min(1).max(100).default('Ticket {id}'),
  /** Whether a title that the CRM sends is used. Off: such a title may hold PHI. */
  titleFromCrm: z.boolean().default(false),
  /** The Task attribute that holds the ticket id, e.g. `zd_ticket_id`. */
  taskAttribute: TicketAttribute.shape.name.optional(),
  /** Name of the secret that holds the signing secrets (several while one is being rotated). */
  secret: z.string().min(1).max(512),
};

/** Zendesk event webhooks, and trigger webhooks that send our published template. */
export const ZendeskConfig = z.strictObject({
  kind: z.literal('zendesk'),
  ...common,
  /** Id of the ticket field that holds a Twilio SID (Task, call or conversation). */
  sidField: z
    .string()
    .regex(/^[0-9]{1,20}$/, 'must be the numeric id of a ticket field')
    .optional(),
});

/** Any sender that signs by Standard Webhooks 1.0 and sends our published body. */
export const StandardWebhooksConfig = z.strictObject({
  kind: z.literal('standard-webhooks'),
  ...common,
});

/** One configured CRM instance. A key that is not listed here is an error. */
export const SourceConfig = z
  .discriminatedUnion('kind', [ZendeskConfig, StandardWebhooksConfig])
  .superRefine((source, context) => {
    const { hostname } = new URL(source.ticketUrl);
    if (source.allowedHosts !== undefined && !source.allowedHosts.includes(hostname)) {
      context.addIssue({
        code: 'custom',
        path: ['allowedHosts'],
        message: `must hold ${hostname}, the host of ticketUrl`,
      });
    }
  });
export type SourceConfig = z.infer<typeof SourceConfig>;

/** All sources, by name; the name is the last part of the webhook's path. */
export const Sources = z.record(SourceName, SourceConfig);
export type Sources = z.infer<typeof Sources>;
