import * as z from 'zod';

/** The name of one configured CRM instance, as in the webhook's path. */
export const SourceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens, 32 at most');

/**
 * A ticket's id within its source. Its characters are safe in URLs, logs, the ledger and expressions;
 * `.` and `..` are not ids, because they vanish from a URL's path.
 */
export const TicketId = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}$/,
    'must be 1 to 64 letters, digits, ".", "_", "~" or "-"',
  );

/** `<source>/<ticket id>` */
export const TicketKey = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}\/[A-Za-z0-9._~-]{1,64}$/, 'must be <source>/<ticket id>');

/** 64 bits for a commit number, 20 for the position of a change within the commit. */
const maxVersion = 2n ** 84n - 1n;

/**
 * Orders the changes of one ticket: a decimal string, compared as an integer and never as a float (a
 * nanosecond timestamp or a commit number exceeds 2^53). At most 2^84 - 1.
 */
export const Version = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,25})$/, {
    error: 'must be a decimal integer without sign or leading zeros',
    abort: true,
  })
  .refine((version) => BigInt(version) <= maxVersion, 'must be less than 2^84');

export const TaskSid = sid('WT');

export const CallSid = sid('CA');

export const ConversationSid = sid('CH');

/** A Task attribute that names the ticket, e.g. `zd_ticket_id` = `123`. */
export const TicketAttribute = z.strictObject({
  name: z
    .string()
    .max(128)
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/,
      'must be letters, digits and "_", with "." between keys',
    ),
  value: z.string().min(1).max(256),
  /** The kind of the source, which tells in what other forms a Task may hold the id. */
  kind: z.string().optional(),
});

export type TicketAttribute = z.infer<typeof TicketAttribute>;

/**
 * The conversations that a ticket belongs to: those that the SIDs name; without any SID, every Task that
 * names the ticket by the attribute; and those of the ticket that it replaces.
 */
export const Correlation = z.strictObject({
  taskSid: TaskSid.optional(),
  callSid: CallSid.optional(),
  conversationSid: ConversationSid.optional(),
  attribute: TicketAttribute.optional(),
  /** A ticket that was merged into this one: this one goes to every Task whose ledger has it. */
  replaces: TicketKey.optional(),
});

export type Correlation = z.infer<typeof Correlation>;

/**
 * Characters a ticket's URL may hold: those of RFC 3986, so that a link is one line of plain ASCII
 * and the Task's size is the same whether Twilio counts characters or bytes of it.
 */
const urlCharacters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;

/**
 * The media item for a ticket: what Flex Insights shows beside the recording.
 * `Referenced` opens in a new tab, `Embedded` in a frame of the conversation screen.
 * Flex opens either without a check of its own, so only `https:` is let in.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
export const Link = z.strictObject({
  type: z.enum(['Referenced', 'Embedded']),
  url: z
    .url({ protocol: /^https$/, error: 'must be an https URL' })
    .max(1024)
    .regex(urlCharacters, 'must be percent-encoded ASCII'),
  title: z.string().min(1).max(128).optional(),
});

export type Link = z.infer<typeof Link>;

/**
 * One change of one ticket: everything that is needed to apply it at any later time, any number of
 * times, in any order, and no PHI. `link: null` removes the link. Times are milliseconds since 1970.
 */
export const TicketChange = z.strictObject({
  ticket: TicketKey,
  version: Version,
  link: Link.nullable(),
  correlation: Correlation,
  /**
   * The ticket is on no other conversation: it leaves every other Task whose ledger has it. A Task that
   * names the ticket by `correlation.attribute` keeps it as long as there is a link.
   */
  exclusive: z.literal(true).optional(),
  /** When the CRM says it happened. */
  occurredAt: z.int().nonnegative(),
});

export type TicketChange = z.infer<typeof TicketChange>;

/** The source a ticket key belongs to. */
export function sourceOf(ticket: string): string {
  return ticket.slice(0, ticket.indexOf('/'));
}

/** The id of the ticket of a key within its source. */
export function idOf(ticket: string): string {
  return ticket.slice(ticket.indexOf('/') + 1);
}

/**
 * The version just before another, for a removal that must lose against that version's link if both
 * reach one Task. There is none before 0.
 */
export function versionBefore(version: string): string {
  return version === '0' ? version : String(BigInt(version) - 1n);
}

function sid(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);
}
