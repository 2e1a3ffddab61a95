import { HttpError } from '../../shared/http/errors.ts';

/** What is wrong with a payload, by the refusal that reading it ends in; none where it is read. */
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
