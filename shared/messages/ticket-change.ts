import * as z from 'zod';

/** The name of one configured CRM instance, as in the webhook's path. */
export const SourceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens, 32 at most');

/**
 * A ticket's id within its source. Its characters are safe in URLs, logs, the ledger and expressions. `.` and `..`
 * are not allowed, because they disappear from a URL's path.
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

/** 84 bits: 64 for a commit number, 20 for the position of a change within the commit. */
const maxVersion = 2n ** 84n - 1n;

/**
 * Orders the changes of one ticket. It is a decimal string, compared as an integer and never as a float, because a
 * nanosecond timestamp or a commit number exceeds 2^53. At most 2^84 - 1.
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
  /** The kind of the source. It decides in which other forms a Task may contain the id. */
  kind: z.string().optional(),
});

export type TicketAttribute = z.infer<typeof TicketAttribute>;

/**
 * The conversations that a ticket belongs to: those that the SIDs name. Without any SID, every Task that names the
 * ticket by the attribute. Also the conversations of the ticket that it replaces.
 */
export const Correlation = z.strictObject({
  taskSid: TaskSid.optional(),
  callSid: CallSid.optional(),
  conversationSid: ConversationSid.optional(),
  attribute: TicketAttribute.optional(),
  /** A ticket that was merged into this one. This one goes to every Task whose ledger has the merged ticket. */
  replaces: TicketKey.optional(),
});

export type Correlation = z.infer<typeof Correlation>;

/**
 * The characters that a ticket's URL may contain: those of RFC 3986. So a link is one line of plain ASCII, and has
 * the same length in characters and in bytes.
 */
const urlCharacters = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;

/**
 * The media item of a ticket, which Flex Insights shows beside the recording. `Referenced` opens in a new tab,
 * `Embedded` in a frame of the conversation screen. Flex opens both without a check, so only `https:` is allowed.
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
 * One change of one ticket. It contains everything that is needed to apply it at any later time, more than once, in
 * any order. It contains no PHI. `link: null` removes the link. Times are milliseconds since 1970.
 */
export const TicketChange = z.strictObject({
  ticket: TicketKey,
  version: Version,
  link: Link.nullable(),
  correlation: Correlation,
  /**
   * Whether the ticket belongs to no other conversation: it leaves every other Task whose ledger has it. A Task
   * that names the ticket by `correlation.attribute` keeps the ticket as long as there is a link.
   */
  exclusive: z.literal(true).optional(),
  /** When the change happened, as the CRM says. */
  occurredAt: z.int().nonnegative(),
});

export type TicketChange = z.infer<typeof TicketChange>;

/** The source in a ticket key. */
export function sourceOf(ticket: string): string {
  return ticket.slice(0, ticket.indexOf('/'));
}

/** The id in a ticket key. */
export function idOf(ticket: string): string {
  return ticket.slice(ticket.indexOf('/') + 1);
}

/**
 * The version just before another. A removal gets it if it must lose against the link of that other version on the
 * same Task. There is no version before 0.
 */
export function versionBefore(version: string): string {
  return version === '0' ? version : String(BigInt(version) - 1n);
}

function sid(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);
}
