import { type Command, InvalidArgumentError } from 'commander';
import { SourceName, TicketKey } from '../../shared/messages/ticket-change.ts';
import { type Deployment, requireTicketKey } from '../deployment/deployment.ts';
import type { CompactSet } from './bounded-memory.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DlqQueue } from './queue.ts';

/** A dead letter matches if it meets every given criterion. */
interface DeadLetterFilter {
  reasons?: readonly string[] | undefined;
  sources?: readonly string[] | undefined;
  tickets?: readonly string[] | undefined;
  /** Ids of dead letters, or beginnings of ids. */
  ids?: readonly string[] | undefined;
  /** Milliseconds since the change was accepted. */
  olderThanMs?: number | undefined;
  newerThanMs?: number | undefined;
  /** The ids of a dry run. No other dead letter matches. */
  only?: Pick<CompactSet, 'has'> | undefined;
}

/** Creates the function that says whether a dead letter matches a filter. */
export function createMatcher(filter: DeadLetterFilter, now: number) {
  return ({ id, reason, source, ticket, firstSeen }: DeadLetter): boolean => {
    const { reasons, sources, tickets, ids, olderThanMs = 0, newerThanMs, only } = filter;
    const ageMs = now - firstSeen;
    return (
      isOneOf(reasons, reason) &&
      isOneOf(sources, source) &&
      isOneOf(tickets, ticket) &&
      (ids === undefined || ids.some((prefix) => id.startsWith(prefix))) &&
      (olderThanMs === 0 || ageMs > olderThanMs) &&
      (newerThanMs === undefined || ageMs < newerThanMs) &&
      (only === undefined || only.has(id))
    );
  };
}

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Parses a time span such as `90s`, `30m`, `2h` or `1.5d` into milliseconds. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (number === undefined) {
    throw new InvalidArgumentError('Give a number and s, m, h or d: 90s, 30m, 2h, 1.5d.');
  }
  return Number(number) * unitsMs[unit as keyof typeof unitsMs];
}

/** Parses the id of a dead letter, or the start of one. */
export function parseIdPrefix(text: string): string {
  if (/^[0-9a-f-]{4,36}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'Give at least 4 characters of the id that dlq list --each shows.',
  );
}

/** The filter options of a command line. */
export interface FilterOptions {
  /** Only for the console: the ids that its dry run has shown. */
  only?: Pick<CompactSet, 'has'>;
  reason?: readonly string[];
  source?: readonly string[];
  ticket?: readonly string[];
  id?: readonly string[];
  olderThan?: number;
  newerThan?: number;
}

/** Adds the filter options to a command. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--reason <reason>', 'only this reason; repeatable', repeatable(String))
    .option('--source <name>', 'only this source; repeatable', repeatable(parseSourceName))
    .option(
      '--ticket <key>',
      'only this ticket, <source>/<id>; repeatable',
      repeatable(parseTicketKey),
    )
    .option(
      '--id <id>',
      'only this id or ids that start with it; repeatable',
      repeatable(parseIdPrefix),
    )
    .option(
      '--older-than <span>',
      'only changes accepted before that time span: 90s, 30m, 2h, 1.5d',
      parseDuration,
    )
    .option('--newer-than <span>', 'only changes accepted within that time span', parseDuration);
}

/**
 * The options, with each ticket key in the form of its source.
 * @throws Failure if an id does not have the shape of its source's ids
 */
export function withTicketKeys<Options extends FilterOptions>(
  options: Options,
  { sources }: Pick<Deployment, 'sources'>,
): Options {
  const { ticket } = options;
  return ticket === undefined
    ? options
    : { ...options, ticket: ticket.map((key) => requireTicketKey(key, sources)) };
}

/**
 * What is wrong with a filter that could never match. Undefined if it is right.
 * @returns a text that lists the allowed values
 */
export function filterProblem(
  { reason: reasons = [], source = [], ticket }: FilterOptions,
  queue: Pick<DlqQueue, 'name' | 'reasons' | 'title'>,
  { name, sources }: Pick<Deployment, 'name' | 'sources'>,
): string | undefined {
  if (queue.name === 'events' && (source.length > 0 || ticket !== undefined)) {
    return '--queue events has no --source and no --ticket: events are not parsed';
  }
  const reason = reasons.find((each) => !queue.reasons.includes(each));
  if (reason !== undefined && queue.reasons.length === 0) {
    return `the messages of --queue ${queue.name} have no reason`;
  }
  if (reason !== undefined) {
    return `--reason ${reason}: no such reason. Reasons: ${queue.reasons.join(', ')}`;
  }
  const unknown = source.find((each) => !Object.hasOwn(sources, each));
  if (unknown === undefined) return undefined;
  return `--source ${unknown}: not a source of ${name}. Sources: ${Object.keys(sources).join(', ')}`;
}

export function toFilter(options: FilterOptions): DeadLetterFilter {
  return {
    reasons: options.reason,
    sources: options.source,
    tickets: options.ticket,
    ids: options.id,
    olderThanMs: options.olderThan,
    newerThanMs: options.newerThan,
    only: options.only,
  };
}

/** The options of a replay. */
export interface ReplaySettings extends FilterOptions {
  /** Maximum messages per second. */
  rate: number;
  limit?: number;
  /** How long to follow the messages, in milliseconds. `true`: the default. */
  wait?: number | true;
  /** Whether to send even if TaskRouter does not work. */
  force?: true;
  /** The folder of the audit files. Default: `audit/` in the project. */
  audit?: string;
  json?: true;
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
  throw new InvalidArgumentError('A source name has lower-case letters, digits and hyphens.');
}

function parseTicketKey(text: string): string {
  if (TicketKey.safeParse(text).success) return text;
  throw new InvalidArgumentError('Give a ticket as <source>/<id>, for example zendesk/4711.');
}
