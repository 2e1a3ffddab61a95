import { deadLetterRetentionSeconds } from '../../shared/config/numbers.ts';
import type { DeadLetter } from './dead-letter.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Ages that letters are counted by: each up to its limit, in milliseconds. */
const ageBuckets = [
  { name: 'under 1 h', belowMs: hour },
  { name: '1 h to 6 h', belowMs: 6 * hour },
  { name: '6 h to 1 d', belowMs: day },
  { name: '1 d to 3 d', belowMs: 3 * day },
  { name: '3 d to 7 d', belowMs: 7 * day },
  { name: '7 d and more', belowMs: Number.POSITIVE_INFINITY },
];

export interface NamedCount {
  readonly name: string;
  readonly count: number;
}

/** What lies in the dead-letter queue, counted. */
export interface DeadLetterSummary {
  readonly total: number;
  readonly byReason: readonly NamedCount[];
  readonly bySource: readonly NamedCount[];
  /** By the time since each was taken in, youngest first; only ages that there are. */
  readonly byAge: readonly NamedCount[];
  /** When SQS deletes the first of them, milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

const countBy = (deadLetters: readonly DeadLetter[], nameOf: (deadLetter: DeadLetter) => string): NamedCount[] =>
  [...Map.groupBy(deadLetters, nameOf)]
    .map(([name, group]) => ({ name, count: group.length }))
    .sort((one, other) => other.count - one.count || one.name.localeCompare(other.name));

/** What a letter is about where no source is: settles are about a Task. */
const sourceOrKind = ({ source, message }: DeadLetter): string =>
  source ?? (message?.kind === 'settle' ? '(Tasks)' : '(unknown)');

/** Counts dead letters by reason, source and age. */
export const summarise = (deadLetters: readonly DeadLetter[], now: number): DeadLetterSummary => {
  const ageOf = ({ firstSeen }: DeadLetter): string =>
    ageBuckets.find(({ belowMs }) => now - firstSeen < belowMs)?.name ?? '';
  const byAge = new Map(countBy(deadLetters, ageOf).map(({ name, count }) => [name, count]));
  return {
    total: deadLetters.length,
    byReason: countBy(deadLetters, ({ reason }) => reason),
    bySource: countBy(deadLetters, sourceOrKind),
    byAge: ageBuckets.flatMap(({ name }) => {
      const count = byAge.get(name);
      return count === undefined ? [] : [{ name, count }];
    }),
    expiresAt:
      deadLetters.length === 0
        ? undefined
        : deadLetters.reduce((first, { sentAt }) => Math.min(first, sentAt), Number.POSITIVE_INFINITY) +
          deadLetterRetentionSeconds * 1000,
  };
};
