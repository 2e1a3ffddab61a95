import { HttpError } from '../../shared/http/errors.ts';

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
