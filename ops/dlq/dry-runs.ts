import { randomUUID } from 'node:crypto';
import { ActionError } from '../../console/server/server.ts';
import type { CompactSet } from './bounded-memory.ts';
import type { FilterOptions } from './options.ts';
import type { DlqQueue } from './queue.ts';

/** What a dry run has found: a replay or a purge works on these messages alone. */
interface DryRun {
  queue: DlqQueue;
  filter: FilterOptions;
  ids: CompactSet;
}

/**
 * Keeps the dry runs of a console under tokens, so that nothing is replayed or deleted that no dry run has shown.
 * A token can be used once, within a quarter of an hour.
 * @param now milliseconds
 */
export function createDryRuns(now: () => number = Date.now) {
  const dryRuns = new Map<string, { dryRun: DryRun; at: number }>();

  /** @throws ActionError if there is none, or if it is too old */
  const find = (token: string): DryRun => {
    const found = dryRuns.get(token);
    if (found !== undefined && now() - found.at < maxAgeMs) return found.dryRun;
    throw new ActionError(
      'This dry run does not exist, was used, or is too old. Nothing was changed: make the dry run again.',
    );
  };
  return {
    /** @returns the token */
    add: (dryRun: DryRun): string => {
      for (const token of [...dryRuns.keys()].slice(0, 1 - maxKept)) dryRuns.delete(token);
      const token = randomUUID();
      dryRuns.set(token, { dryRun, at: now() });
      return token;
    },
    find,
    /** Finds a dry run and forgets it. @throws ActionError as `find` */
    take: (token: string): DryRun => {
      const dryRun = find(token);
      dryRuns.delete(token);
      return dryRun;
    },
  };
}

const maxAgeMs = 15 * 60_000;

/** More than a person has open at once. */
const maxKept = 20;
