import type { Audit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Scan } from './letters.ts';
import { deadLetterJson } from './print-letters.ts';

export interface PurgeOptions {
  readonly scan: Pick<Scan, 'next' | 'remove' | 'isDeleted'>;
  readonly matches: (deadLetter: DeadLetter) => boolean;
  readonly file: Pick<Audit, 'write'>;
  readonly isStopped: () => boolean;
  readonly onProgress: (purged: number, skipped: number) => void;
}

/** How far it has got. */
export interface PurgeCounts {
  readonly purged: number;
  /** Meant, and not deleted by SQS; they are in the file all the same. */
  readonly failed: number;
}

const purgeBatchSize = 10;

/**
 * Deletes the dead letters that are wanted; each is in the file, whole, before it is deleted.
 * @throws what SQS or the disk throws; what was not deleted is a dead letter still
 */
export const purgeDeadLetters = async ({
  scan,
  matches,
  file,
  isStopped,
  onProgress,
}: PurgeOptions): Promise<PurgeCounts> => {
  let purged = 0;
  let failed = 0;
  let skipped = 0;
  while (!isStopped()) {
    const deadLetters = await scan.next(purgeBatchSize);
    if (deadLetters.length === 0) break;
    const matching = deadLetters.filter(matches);
    skipped += deadLetters.length - matching.length;
    await file.write(matching.map(deadLetterJson));
    if (matching.length > 0) await scan.remove(matching);
    const deleted = matching.filter(scan.isDeleted).length;
    purged += deleted;
    failed += matching.length - deleted;
    onProgress(purged, skipped);
  }
  return { purged, failed };
};
