import { type FieldProblem, HttpError } from '../../shared/http/errors.ts';

/** The problems that the parser reports for a payload; none if it is valid. */
export const problemsOf = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    if (error instanceof HttpError) return error.problems;
    throw error;
  }
  return 'none';
};

/** The same, by the names of the fields alone. */
export const fieldsOf = (read: () => unknown) => {
  const problems = problemsOf(read);
  return problems === 'none' ? problems : problems.map(({ field }) => field);
};

/** The problems of a payload, those of single events of a batch too; an empty list if it is valid. */
export const problemsIn = (read: () => readonly object[]): readonly FieldProblem[] => {
  let results: readonly object[] = [];
  const thrown = problemsOf(() => {
    results = read();
  });
  if (thrown !== 'none') return thrown;
  return results.flatMap((one) => ('problems' in one ? (one.problems as FieldProblem[]) : []));
};
