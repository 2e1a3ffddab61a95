import { randomUUID } from 'node:crypto';
import { ActionError } from '../../console/server/server.ts';
import type { CompactSet } from './bounded-memory.ts';
import type { FilterOptions } from './options.ts';
import type { DlqQueue } from './queue.ts';

/** The result of a dry run. A replay or a purge works only on these messages. */
interface DryRun {
  queue: DlqQueue;
  filter: FilterOptions;
  ids: CompactSet;
}

/**
 * Keeps the dry runs of a console under tokens, so that a replay or a purge only affects messages that a dry run
 * has shown. A token can be used once, within a quarter of an hour.
 * @param now milliseconds
 */
export function createDryRuns(now: () => number = Date.now) {
  const dryRuns = new Map<string, { dryRun: DryRun; at: number }>();

  /** @throws ActionError if the dry run does not exist, or is too old */
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
    /**
     * Finds a dry run and removes it.
     * @throws ActionError as `find`
     */
    take: (token: string): DryRun => {
      const dryRun = find(token);
      dryRuns.delete(token);
      return dryRun;
    },
  };
}

const maxAgeMs = 15 * 60_000;

/** More dry runs than a person has open at once. */
const maxKept = 20;
