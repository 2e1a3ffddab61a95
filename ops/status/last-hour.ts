import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { sourceOf } from '../../shared/messages/ticket-change.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { readLogLines } from '../logs.ts';

/** What sync did in the last hour, from its log. Times are milliseconds since 1970. */
export interface LastHour {
  /** The changes of each source, counted by their latest outcome. */
  bySource: readonly SourceOutcomes[];
  /** Messages that wait for their next try, and when the oldest of them changed in the CRM. */
  retrying: { count: number; since: number | undefined };
  /** The lag from the webhook to the link, in milliseconds. Undefined if there was no link. */
  lag: { p50: number; p99: number; links: number } | undefined;
  /** Circuits whose breaker is open, and when the log last said so. */
  openCircuits: readonly { circuit: string; at: number }[];
  /** Whether the log has more lines than were read. */
  hasMore: boolean;
}

/** The changes of one source, by outcome; `dead letter` is one of them. */
export interface SourceOutcomes {
  source: string;
  total: number;
  outcomes: Readonly<Record<string, number>>;
}

const hourMs = 3_600_000;

/** CloudWatch may show a line this late, in milliseconds. AWS promises no limit. */
const ingestionDelayMs = 120_000;

/** About 20 MB of the log. */
const maxPages = 20;

/** Each line that counts contains one of these texts. */
const terms = ['disposition', 'ProcessingLag', 'circuit breaker'];

/**
 * Creates a reader of the last hour. It keeps the lines that it has read, so that the next read only needs new
 * lines. The function that it returns throws a Failure if the log cannot be read.
 */
export function createLastHourReader({
  aws,
  syncLogGroup: group,
}: Pick<Deployment, 'aws' | 'syncLogGroup'>): (
  now: number,
  stop: AbortSignal,
) => Promise<LastHour> {
  const kept = new Map<string, SyncLine>();
  let readUntil = 0;
  let hasMore = false;
  return async (now, stop) => {
    const since = Math.max(now - hourMs, readUntil - ingestionDelayMs);
    const read = await readLogLines(aws.logs, { group, terms, since, maxPages, stop });
    for (const { id, at, text } of read.lines) {
      const line = Line.safeParse(text).data;
      if (line !== undefined) kept.set(id, { ...line, at });
    }
    for (const [id, { at }] of kept) if (at < now - hourMs) kept.delete(id);
    readUntil = now;
    hasMore ||= read.hasMore;
    return {
      ...summariseLines([...kept.values()].sort((one, other) => one.at - other.at)),
      hasMore,
    };
  };
}

const lags = z.union([z.number().transform((lag) => [lag]), z.array(z.number())]).default([]);

/** lambdas/sync/log-outcomes.ts and the metrics of sync. */
const Line = jsonText(
  z.object({
    message: z.string().optional(),
    messageId: z.string().default(''),
    outcome: z.string().optional(),
    disposition: z.string().optional(),
    ticket: z.string().optional(),
    version: z.string().optional(),
    recheckRound: z.number().optional(),
    reconcile: z.string().optional(),
    taskSid: z.unknown().optional(),
    lagMs: z.number().default(0),
    circuit: z.string().optional(),
    ProcessingLag: lags,
  }),
);

interface SyncLine extends z.output<typeof Line> {
  at: number;
}

/** @param lines oldest first */
function summariseLines(lines: readonly SyncLine[]): Omit<LastHour, 'hasMore'> {
  const latestOutcomes = new Map<string, { source: string; outcome: string }>();
  const latestTries = new Map<string, SyncLine>();
  const circuits = new Map<string, SyncLine>();
  for (const line of lines) {
    const { circuit, message, outcome } = line;
    if (circuit !== undefined && message !== undefined) circuits.set(circuit, line);
    if (outcome === undefined) continue;
    latestTries.set(messageOf(line), line);
    const change = changeOf(line);
    if (change === undefined) continue;
    const isDeadLetter = line.disposition === 'dead-letter';
    latestOutcomes.set(change.key, {
      source: change.source,
      outcome: isDeadLetter ? 'dead letter' : outcome,
    });
  }
  const retrying = [...latestTries.values()].filter(
    ({ disposition }) => disposition === 'retry-later',
  );
  return {
    bySource: countBySource([...latestOutcomes.values()]),
    retrying: {
      count: retrying.length,
      since: retrying.reduce<number | undefined>(
        (oldest, { at, lagMs }) => Math.min(oldest ?? at, at - lagMs),
        undefined,
      ),
    },
    lag: lagOf(lines.flatMap(({ ProcessingLag }) => ProcessingLag)),
    openCircuits: [...circuits].flatMap(([circuit, { at, message }]) =>
      message === 'circuit breaker open' ? [{ circuit, at }] : [],
    ),
  };
}

/** The message of a line. Each try is of another copy of it, with another message id. */
function messageOf({ ticket, version, recheckRound, reconcile, taskSid, messageId }: SyncLine) {
  if (ticket !== undefined) return [ticket, version, recheckRound].join(' ');
  return reconcile === undefined ? messageId : `${reconcile} ${String(taskSid)}`;
}

/** The outcomes of a reconcile that count. All others found nothing to do. */
const reconcileOutcomes: readonly string[] = ['reconciled', 'retry', 'rejected'];

/** What a line counts for: a change, each version once. Undefined for a check that found nothing to do. */
function changeOf({ ticket, version, recheckRound, reconcile, messageId, outcome = '' }: SyncLine) {
  if (ticket !== undefined) {
    const source = sourceOf(ticket);
    return recheckRound === undefined ? { key: `${ticket} ${version}`, source } : undefined;
  }
  if (reconcile === undefined) return { key: messageId, source: '(unknown)' };
  return reconcileOutcomes.includes(outcome) ? { key: messageId, source: '(Tasks)' } : undefined;
}

function countBySource(
  changes: readonly { source: string; outcome: string }[],
): readonly SourceOutcomes[] {
  return [...Map.groupBy(changes, ({ source }) => source)]
    .map(([source, group]) => ({
      source,
      total: group.length,
      outcomes: Object.fromEntries(
        [...Map.groupBy(group, ({ outcome }) => outcome)]
          .map(([outcome, { length }]): [string, number] => [outcome, length])
          .sort(([, one], [, other]) => other - one),
      ),
    }))
    .sort((one, other) => other.total - one.total);
}

function lagOf(values: readonly number[]): LastHour['lag'] {
  const sorted = values.toSorted((one, other) => one - other);
  const percentile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1];
  const [p50, p99] = [percentile(0.5), percentile(0.99)];
  return p50 === undefined || p99 === undefined ? undefined : { p50, p99, links: sorted.length };
}
