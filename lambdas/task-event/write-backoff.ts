/**
 * Gives the seconds that a link waits which its Task loses again and again: none the first few times,
 * then more each time. Without it, a writer that removes our link at each update would start an endless
 * loop with us. Each function instance counts alone.
 * @param now milliseconds since 1970
 * @returns takes a key of one ticket on one Task
 */
export function createWriteBackoff(now: () => number): (link: string) => number {
  const seen = new Map<string, { times: number; at: number }>();
  return (link) => {
    const at = now();
    const known = seen.get(link);
    const times = known === undefined || at - known.at > resetAfterMs ? 1 : known.times + 1;
    seen.delete(link);
    seen.set(link, { times, at });
    const [oldest] = seen.keys();
    if (seen.size > maxLinks && oldest !== undefined) seen.delete(oldest);
    if (times <= immediateWrites) return 0;
    return Math.min(maxWaitSeconds, baseWaitSeconds * 2 ** (times - immediateWrites - 1));
  };
}

const immediateWrites = 3;

const baseWaitSeconds = 15;

const maxWaitSeconds = 900;

/** A link that was not lost for so long starts again from none. */
const resetAfterMs = 30 * 60_000;

const maxLinks = 2000;
