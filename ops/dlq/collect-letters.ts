import type { DeadLetter } from './dead-letter.ts';
import type { Walk } from './letters.ts';

const atOnce = 80;

/** All dead letters that are wanted, however many, until it is stopped. */
export const collectLetters = async (
  walk: Pick<Walk, 'next'>,
  wants: (letter: DeadLetter) => boolean,
  isStopped: () => boolean,
  onProgress: (met: number) => void,
): Promise<readonly DeadLetter[]> => {
  const wanted: DeadLetter[] = [];
  let met = 0;
  while (!isStopped()) {
    const letters = await walk.next(atOnce);
    if (letters.length === 0) break;
    wanted.push(...letters.filter(wants));
    met += letters.length;
    onProgress(met);
  }
  return wanted;
};
