import type { DeadLetter } from './dead-letter.ts';
import type { Scan } from './letters.ts';

const collectBatchSize = 80;

/** All dead letters that are wanted, however many, until it is stopped. */
export const collectDeadLetters = async (
  scan: Pick<Scan, 'next'>,
  matches: (deadLetter: DeadLetter) => boolean,
  isStopped: () => boolean,
  onProgress: (scanned: number) => void,
): Promise<readonly DeadLetter[]> => {
  const matching: DeadLetter[] = [];
  let scanned = 0;
  while (!isStopped()) {
    const deadLetters = await scan.next(collectBatchSize);
    if (deadLetters.length === 0) break;
    matching.push(...deadLetters.filter(matches));
    scanned += deadLetters.length;
    onProgress(scanned);
  }
  return matching;
};
