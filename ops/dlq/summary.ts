import { deadLetterRetentionSeconds } from '../../shared/config/limits.ts';
import { CompactSet } from './bounded-memory.ts';
import type { DeadLetter } from './dead-letter.ts';

interface NamedCount {
  name: string;
  count: number;
}

/** The counts of dead letters. */
export interface DeadLetterSummary {
  total: number;
  /** How many different tickets the dead letters are about. Messages about a Task have none. */
  tickets: number;
  /** Whether there may be more tickets, because `tickets` has reached the limit of the count. */
  ticketsAtLeast: boolean;
  byReason: readonly NamedCount[];
  bySource: readonly NamedCount[];
  /** Counts by the time since the change was accepted, the youngest first. Empty groups are left out. */
  byAge: readonly NamedCount[];
  /** Counts by ticket, if the command asks for them. The ticket with the most dead letters comes first. */
  byTicket?: readonly NamedCount[];
  /** When SQS deletes the oldest dead letter, in milliseconds since 1970. */
  expiresAt: number | undefined;
}

/**
 * Counts dead letters one by one, in bounded memory.
 * @param now milliseconds since 1970
 * @param by `ticket` to count the dead letters of each ticket too
 */
export function createSummary(now: number, by?: 'ticket') {
  const reasons = new Map<string, number>();
  const sources = new Map<string, number>();
  const ages = new Map<string, number>();
  const tickets = new CompactSet();
  const byTicket = new Map<string, number>();
  let total = 0;
  let ticketsAtLeast = false;
  let oldestSentAt = Number.POSITIVE_INFINITY;
  return {
    add: (deadLetter: DeadLetter): void => {
      const { reason, firstSeen, sentAt, ticket } = deadLetter;
      total += 1;
      oldestSentAt = Math.min(oldestSentAt, sentAt);
      increment(reasons, reason);
      increment(sources, sourceOrKind(deadLetter));
      increment(ages, ageBuckets.find(({ belowMs }) => now - firstSeen < belowMs)?.name ?? '');
      if (ticket === undefined) return;
      if (tickets.size < maxTickets) tickets.add(ticket);
      else if (!tickets.has(ticket)) ticketsAtLeast = true;
      if (by === 'ticket' && tickets.has(ticket)) increment(byTicket, ticket);
    },
    result: (): DeadLetterSummary => ({
      total,
      tickets: tickets.size,
      ticketsAtLeast,
      byReason: mostFirst(reasons),
      bySource: mostFirst(sources),
      byAge: ageBuckets.flatMap(({ name }) => {
        const count = ages.get(name);
        return count === undefined ? [] : [{ name, count }];
      }),
      ...(by === 'ticket' && { byTicket: mostFirst(byTicket) }),
      expiresAt: total === 0 ? undefined : oldestSentAt + deadLetterRetentionSeconds * 1000,
    }),
  };
}

/** The most tickets that are counted, because each ticket needs memory. */
const maxTickets = 50_000;

const hour = 3_600_000;

const day = 24 * hour;

/** Age groups, each up to its limit in milliseconds. */
const ageBuckets = [
  { name: 'under 1 h', belowMs: hour },
  { name: '1 h to 6 h', belowMs: 6 * hour },
  { name: '6 h to 1 d', belowMs: day },
  { name: '1 d to 3 d', belowMs: 3 * day },
  { name: '3 d to 7 d', belowMs: 7 * day },
  { name: '7 d and more', belowMs: Number.POSITIVE_INFINITY },
];

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function mostFirst(counts: ReadonlyMap<string, number>): NamedCount[] {
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((one, other) => other.count - one.count || one.name.localeCompare(other.name));
}

/** The source of a dead letter. A reconcile has none, because it is about a Task. */
function sourceOrKind({ source, message }: DeadLetter): string {
  return source ?? (message?.kind === 'reconcile' ? '(Tasks)' : '(unknown)');
}
