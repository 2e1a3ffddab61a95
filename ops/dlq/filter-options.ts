import { type Command, InvalidArgumentError } from 'commander';
import { SourceName, TicketKey } from '../../shared/message/ticket-change.ts';
import type { DeadLetterFilter } from './filter.ts';

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A span of time such as `90s`, `30m`, `2h` or `1.5d`, in milliseconds. */
export const parseDuration = (text: string): number => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (number === undefined) {
    throw new InvalidArgumentError('Write a number and s, m, h or d: 90s, 30m, 2h, 1.5d.');
  }
  return Number(number) * unitsMs[unit as keyof typeof unitsMs];
};

const repeatable =
  (parse: (text: string) => string) =>
  (text: string, previous: readonly string[] = []): readonly string[] => [...previous, parse(text)];

const parseSourceName = (text: string): string => {
  if (SourceName.safeParse(text).success) return text;
  throw new InvalidArgumentError('A source is named in lower-case letters, digits and hyphens.');
};

const parseTicketKey = (text: string): string => {
  if (TicketKey.safeParse(text).success) return text;
  throw new InvalidArgumentError('Write a ticket as <source>/<id>, e.g. zendesk/4711.');
};

/** The id of a dead letter, or how it begins. */
export const parseIdPrefix = (text: string): string => {
  if (/^[0-9a-f-]{4,36}$/.test(text)) return text;
  throw new InvalidArgumentError('An id is 4 characters at least, as dlq list --each shows it.');
};

const parseReason = (text: string): string => {
  if (/^[a-z-]+$/.test(text)) return text;
  throw new InvalidArgumentError('Write a reason as dlq list shows it.');
};

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
export const addFilterOptions = (command: Command): Command =>
  command
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

export const toFilter = (options: FilterOptions): DeadLetterFilter => ({
  reasons: options.reason,
  sources: options.source,
  tickets: options.ticket,
  ids: options.id,
  olderThanMs: options.olderThan,
  newerThanMs: options.newerThan,
});
