import { type Command, InvalidArgumentError } from 'commander';
import { SourceName, TicketKey } from '../../shared/messages/ticket-change.ts';
import type { DeadLetter } from './dead-letter.ts';

/** Which dead letters are meant: all that every criterion given holds for. */
interface DeadLetterFilter {
  readonly reasons?: readonly string[] | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly tickets?: readonly string[] | undefined;
  /** Ids of dead letters, or how they begin. */
  readonly ids?: readonly string[] | undefined;
  /** Milliseconds since it was taken in. */
  readonly olderThanMs?: number | undefined;
  readonly newerThanMs?: number | undefined;
}

/** A filter as a question to ask of each dead letter. */
export function createMatcher(filter: DeadLetterFilter, now: number) {
  return ({ id, reason, source, ticket, firstSeen }: DeadLetter): boolean => {
    const { reasons, sources, tickets, ids, olderThanMs = 0, newerThanMs } = filter;
    const ageMs = now - firstSeen;
    return (
      isOneOf(reasons, reason) &&
      isOneOf(sources, source) &&
      isOneOf(tickets, ticket) &&
      (ids === undefined || ids.some((prefix) => id.startsWith(prefix))) &&
      (olderThanMs === 0 || ageMs > olderThanMs) &&
      (newerThanMs === undefined || ageMs < newerThanMs)
    );
  };
}

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A span of time such as `90s`, `30m`, `2h` or `1.5d`, in milliseconds. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (number === undefined) {
    throw new InvalidArgumentError('Write a number and s, m, h or d: 90s, 30m, 2h, 1.5d.');
  }
  return Number(number) * unitsMs[unit as keyof typeof unitsMs];
}

/** The id of a dead letter, or how it begins. */
export function parseIdPrefix(text: string): string {
  if (/^[0-9a-f-]{4,36}$/.test(text)) return text;
  throw new InvalidArgumentError('An id is 4 characters at least, as dlq list --each shows it.');
}

/** The filter as the options give it. */
export interface FilterOptions {
  readonly reason?: readonly string[];
  readonly source?: readonly string[];
  readonly ticket?: readonly string[];
  readonly id?: readonly string[];
  readonly olderThan?: number;
  readonly newerThan?: number;
}

/** Gives a command the options that say which dead letters are meant. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--reason <reason>', 'only this reason; may be given again', repeatable(parseReason))
    .option('--source <name>', 'only this source; may be given again', repeatable(parseSourceName))
    .option(
      '--ticket <key>',
      'only this ticket, <source>/<id>; may be given again',
      repeatable(parseTicketKey),
    )
    .option(
      '--id <id>',
      'only this one, or those that begin so; may be given again',
      repeatable(parseIdPrefix),
    )
    .option(
      '--older-than <span>',
      'only what was taken in longer ago: 90s, 30m, 2h, 1.5d',
      parseDuration,
    )
    .option('--newer-than <span>', 'only what was taken in since then', parseDuration);
}

export function toFilter(options: FilterOptions): DeadLetterFilter {
  return {
    reasons: options.reason,
    sources: options.source,
    tickets: options.ticket,
    ids: options.id,
    olderThanMs: options.olderThan,
    newerThanMs: options.newerThan,
  };
}

/** What an operator says of a replay. */
export interface ReplaySettings extends FilterOptions {
  /** How many a second at the most. */
  readonly rate: number;
  readonly limit?: number;
  /** How long to follow the messages, in milliseconds; or as long as is usual. */
  readonly wait?: number | true;
  /** The folder of the audit files, where it is not the usual one. */
  readonly audit?: string;
  readonly json?: true;
}

function isOneOf(values: readonly string[] | undefined, value: string | undefined): boolean {
  return values === undefined || (value !== undefined && values.includes(value));
}

function repeatable(parse: (text: string) => string) {
  return (text: string, previous: readonly string[] = []): readonly string[] => [
    ...previous,
    parse(text),
  ];
}

function parseSourceName(text: string): string {
  if (SourceName.safeParse(text).success) return text;
  throw new InvalidArgumentError('A source is named in lower-case letters, digits and hyphens.');
}

function parseTicketKey(text: string): string {
  if (TicketKey.safeParse(text).success) return text;
  throw new InvalidArgumentError('Write a ticket as <source>/<id>, e.g. zendesk/4711.');
}

function parseReason(text: string): string {
  if (/^[a-z-]+$/.test(text)) return text;
  throw new InvalidArgumentError('Write a reason as dlq list shows it.');
}
