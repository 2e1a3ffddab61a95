import type { Recording } from '../record-resources.ts';
import type { Rule } from './rule.ts';

/** A rule over nothing is as good as none. */
const overNothing = 'there is nothing that it is about';

/** What breaks a rule in any of several stacks; none where it holds. */
export const judge = async (
  { scope, broken }: Rule,
  recordings: readonly Recording[],
): Promise<readonly string[]> => {
  if (recordings.every((recording) => scope(recording) === 0)) return [overNothing];
  return (await Promise.all(recordings.map(broken))).flat();
};
