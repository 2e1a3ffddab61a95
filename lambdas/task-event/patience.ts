const immediateWrites = 3;
const baseWaitSeconds = 15;
const maxWaitSeconds = 900;
/** One that was left in peace for so long starts afresh. */
const resetAfterMs = 30 * 60_000;
const maxLinks = 2000;

/**
 * How long a link waits that its Task has lost again and again, in seconds: not at all the first
 * few times, then ever longer. Something that takes our writing away at each update, and is told of ours,
 * would otherwise be at it with us without end. Each function instance counts for itself.
 * @param now milliseconds since 1970
 * @returns takes what is the same for one ticket on one Task
 */
export const createWriteBackoff = (now: () => number): ((link: string) => number) => {
  const seen = new Map<string, { readonly times: number; readonly at: number }>();
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
};
