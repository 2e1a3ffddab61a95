import * as z from 'zod';
import { Link } from './link.ts';

/** The name of one configured CRM instance, as it stands in the webhook's path. */
export const SourceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens, 32 at most');

/**
 * A ticket's id within its source. Its letters are safe in URLs, logs, the ledger and expressions;
 * `.` and `..` are not ids, as a URL's path would lose them.
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

/** 64 bits for a commit number, 20 for the place of a change within the commit. */
const maxVersion = 2n ** 84n - 1n;

/**
 * What orders the changes of one ticket: a decimal string, compared as an integer and never as a
 * float (a nanosecond timestamp or a commit number passes 2^53). At most 2^84 - 1.
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
});

export type TicketAttribute = z.infer<typeof TicketAttribute>;

/**
 * What is known of the conversations that a ticket belongs to: all that the SIDs name; without any
 * SID, every Task that names the ticket by the attribute; and those of the ticket in whose place it is.
 */
export const Correlation = z.strictObject({
  taskSid: TaskSid.optional(),
  callSid: CallSid.optional(),
  conversationSid: ConversationSid.optional(),
  attribute: TicketAttribute.optional(),
  /** A ticket that was merged into this one: wherever a ledger knows it. */
  replaces: TicketKey.optional(),
});

export type Correlation = z.infer<typeof Correlation>;

/**
 * One change of one ticket, as it travels the queue: all that is needed to apply it at any later
 * time, any number of times, in any order, and no PHI. `link: null` takes the link away.
 * Times are milliseconds since 1970.
 */
export const TicketChange = z.strictObject({
  v: z.literal(1),
  kind: z.literal('ticket-change'),
  ticket: TicketKey,
  version: Version,
  link: Link.nullable(),
  correlation: Correlation,
  /**
   * The ticket is on no other conversation: it goes from every other Task whose ledger knows it. Only
   * a Task that names a ticket by `correlation.attribute` keeps it, as long as there is a link.
   */
  exclusive: z.literal(true).optional(),
  /** Made of what the Task itself names, at an event of it: its next event makes it again. */
  fromTaskAttribute: z.literal(true).optional(),
  /** Whether its Task was in wrap-up or finished: Twilio deletes it soon. */
  finishing: z.literal(true).optional(),
  /**
   * How often a change that is `alone` has come back after it was applied, to be looked for again: what
   * was under way beside it may have put the ticket where it has to leave.
   */
  recheckRound: z.int().positive().optional(),
  /** When the CRM says it happened. */
  occurredAt: z.int().nonnegative(),
  /** When the door took it in. */
  receivedAt: z.int().nonnegative(),
});

export type TicketChange = z.infer<typeof TicketChange>;

/** The source a ticket key belongs to. */
export function sourceOf(ticket: string): string {
  return ticket.slice(0, ticket.indexOf('/'));
}

/**
 * The version just before another: of a removal that has to give way to the link of that other where
 * both come to one Task. There is none before 0.
 */
export function versionBefore(version: string): string {
  return version === '0' ? version : String(BigInt(version) - 1n);
}

function sid(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);
}
