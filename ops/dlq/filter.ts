import type { DeadLetter } from './dead-letter.ts';

/** Which dead letters are meant: all that every criterion given holds for. */
export interface DeadLetterFilter {
  readonly reasons?: readonly string[] | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly tickets?: readonly string[] | undefined;
  /** Ids of dead letters, or how they begin. */
  readonly ids?: readonly string[] | undefined;
  /** Milliseconds since it was taken in. */
  readonly olderThanMs?: number | undefined;
  readonly newerThanMs?: number | undefined;
}

const isOneOf = (values: readonly string[] | undefined, value: string | undefined): boolean =>
  values === undefined || (value !== undefined && values.includes(value));

/** A filter as a question to ask of each dead letter. */
export const createMatcher =
  (filter: DeadLetterFilter, now: number) =>
  ({ id, reason, source, ticket, firstSeen }: DeadLetter): boolean => {
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
