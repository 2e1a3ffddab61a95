const atOnce = 3;
const firstWaitSeconds = 15;
const longestWaitSeconds = 900;
/** A Task that was left in peace for so long starts afresh. */
const forgetMs = 30 * 60_000;
const mostTasks = 2000;

/**
 * How long the link of a Task waits that has lost it again and again, in seconds: not at all the first
 * few times, then ever longer. Something that takes our writing away at each update, and is told of ours,
 * would otherwise be at it with us without end. Each function instance counts for itself.
 * @param now milliseconds since 1970
 */
export const createPatience = (now: () => number): ((taskSid: string) => number) => {
  const seen = new Map<string, { readonly times: number; readonly at: number }>();
  return (taskSid) => {
    const at = now();
    const known = seen.get(taskSid);
    const times = known === undefined || at - known.at > forgetMs ? 1 : known.times + 1;
    seen.delete(taskSid);
    seen.set(taskSid, { times, at });
    const [oldest] = seen.keys();
    if (seen.size > mostTasks && oldest !== undefined) seen.delete(oldest);
    if (times <= atOnce) return 0;
    return Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** (times - atOnce - 1));
  };
};
