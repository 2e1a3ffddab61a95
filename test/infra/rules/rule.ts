import type { Recording } from '../../../tools/engine/record-resources.ts';

/** What holds for all that the program makes, however the stack is configured. */
export interface Rule {
  /** A sentence. */
  readonly name: string;
  /** How many things of a recording it is about. */
  readonly scope: (recording: Recording) => number;
  /** What breaks it, in words that name the resource. */
  readonly broken: (recording: Recording) => Promise<readonly string[]>;
}

type Problems = readonly string[] | Promise<readonly string[]>;

/**
 * @param about the things that it is about
 * @param problemsOf what is wrong with one of them
 */
export const rule = <Thing>(
  name: string,
  about: (recording: Recording) => readonly Thing[],
  problemsOf: (thing: Thing, recording: Recording) => Problems,
): Rule => ({
  name,
  scope: (recording) => about(recording).length,
  broken: async (recording) => {
    const problems = about(recording).map((thing) => problemsOf(thing, recording));
    return (await Promise.all(problems)).flat();
  },
});

/** The problem, unless there is none. */
export const unless = (holds: boolean, problem: string): readonly string[] =>
  holds ? [] : [problem];

/** A rule over nothing is as good as none. */
const emptyScope = 'there is nothing that it is about';

/** What breaks a rule in any of several stacks; none if it holds. */
export const evaluateRule = async (
  { scope, broken }: Rule,
  recordings: readonly Recording[],
): Promise<readonly string[]> => {
  if (recordings.every((recording) => scope(recording) === 0)) return [emptyScope];
  return (await Promise.all(recordings.map(broken))).flat();
};

/** Works something out once for each recording, however many rules ask for it. */
export const memoizePerRecording = <Answer extends object>(
  workOut: (recording: Recording) => Answer,
): ((recording: Recording) => Answer) => {
  const answers = new WeakMap<Recording, Answer>();
  return (recording) => {
    const answer = answers.get(recording) ?? workOut(recording);
    answers.set(recording, answer);
    return answer;
  };
};
