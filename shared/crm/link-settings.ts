import * as z from 'zod';
import { Link, SourceName, TicketAttribute } from '../messages/ticket-change.ts';
import { cleanTitle, ticketPage } from './link-rules.ts';
import { IdPattern, recordIds } from './ticket-ids.ts';

const host = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a lower-case host name, without scheme or port');

const urlTemplate = z
  .string("must be the ticket's page, with {id} for the ticket's id")
  .refine((template) => template.split('{id}').length === 2, {
    error: 'must hold {id} exactly once',
    abort: true,
  })
  .refine((template) => URL.canParse(template) && new URL(template).protocol === 'https:', {
    error: 'must be an https URL',
    abort: true,
  })
  .refine(
    (template) => {
      const { username, password } = new URL(template);
      return username === '' && password === '';
    },
    { error: 'must not hold a user name or a password', abort: true },
  )
  .refine((template) => ticketPage(template, '1', [new URL(template).hostname]) !== undefined, {
    error:
      'must be https://<host>/… with {id} after the host, in the path, query or fragment; the host in letters, digits, "." and "-"',
    abort: true,
  })
  .refine(
    (template) => Link.shape.url.safeParse(template.replace('{id}', '9'.repeat(64))).success,
    'must be percent-encoded ASCII, of at most 1024 characters with an id of 64',
  );

/** The settings that every kind of source has: how a Task names a ticket, and how its link looks. */
export const linkSettings = {
  /** The ticket's page, e.g. `https://acme.zendesk.com/agent/tickets/{id}`. */
  ticketUrl: urlTemplate,
  /** The hosts that links of this source may have. Default: the host of `ticketUrl`. */
  allowedHosts: z.array(host).min(1).optional(),
  /** See docs/link-type.md. */
  linkType: z
    .enum(
      Link.shape.type.options,
      'must be Referenced or Embedded; `npm run ops -- doctor --stack <name>` says which',
    )
    .default('Referenced'),
  /** Title of the link; `{id}` is replaced by the ticket id. It reaches Flex Insights: no PHI. */
  title: z
    .string()
    .max(100)
    .refine((title) => cleanTitle(title) !== '', 'must hold something that can be read')
    .default('Ticket {id}'),
  /** Whether a title that the CRM sends is used. Default: no, because such a title may contain PHI. */
  titleFromCrm: z.boolean().default(false),
  /** The Task attribute that holds the ticket id, e.g. `zd_ticket_id`. */
  taskAttribute: TicketAttribute.shape.name.optional(),
};

/** Settings of some kinds. The shape of their ids depends on these settings. */
export const ticketIdSettings = {
  /** The ticket's id: the record's `sys_id`, which never changes, or its `number`, which people see. */
  ticketId: z.enum(recordIds).optional(),
  /** A pattern that every id of the sender matches. */
  idPattern: IdPattern.optional(),
};

export const LinkConfig = z.object({ ...linkSettings, ...ticketIdSettings, kind: z.string() });

/** The part of a source's configuration that ids and links need. */
export type LinkConfig = z.infer<typeof LinkConfig>;

/** The link settings of all sources, by name. Other settings of a kind are left out unchecked. */
export const LinkConfigs = z.record(SourceName, LinkConfig);

/** The hosts that links of a source may have. */
export function allowedHosts({
  allowedHosts,
  ticketUrl,
}: {
  allowedHosts?: readonly string[] | undefined;
  ticketUrl: string;
}): readonly string[] {
  return allowedHosts ?? [new URL(ticketUrl).hostname];
}
