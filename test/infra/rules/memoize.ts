import type { Recording } from '../record-resources.ts';

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
