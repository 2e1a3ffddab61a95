import type { Audit } from './audit.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Walk } from './letters.ts';
import { letterJson } from './print-letters.ts';

export interface PurgeOptions {
  readonly walk: Pick<Walk, 'next' | 'remove' | 'isRemoved'>;
  readonly wants: (letter: DeadLetter) => boolean;
  readonly file: Pick<Audit, 'write'>;
  readonly isStopped: () => boolean;
  readonly onProgress: (purged: number, passedOver: number) => void;
}

/** How far it has got. */
export interface Purged {
  readonly purged: number;
  /** Meant, and not deleted by SQS; they are in the file all the same. */
  readonly failed: number;
}

const atOnce = 10;

/**
 * Deletes the dead letters that are wanted; each is in the file, whole, before it is deleted.
 * @throws what SQS or the disk throws; what was not deleted is a dead letter still
 */
export const purgeLetters = async ({
  walk,
  wants,
  file,
  isStopped,
  onProgress,
}: PurgeOptions): Promise<Purged> => {
  let purged = 0;
  let failed = 0;
  let passedOver = 0;
  while (!isStopped()) {
    const letters = await walk.next(atOnce);
    if (letters.length === 0) break;
    const wanted = letters.filter(wants);
    passedOver += letters.length - wanted.length;
    await file.write(wanted.map(letterJson));
    if (wanted.length > 0) await walk.remove(wanted);
    const gone = wanted.filter(walk.isRemoved).length;
    purged += gone;
    failed += wanted.length - gone;
    onProgress(purged, passedOver);
  }
  return { purged, failed };
};
