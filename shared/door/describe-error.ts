import { HttpError, Unavailable } from './failures.ts';

/** A system error's code, e.g. ECONNREFUSED. */
const codeSuffix = (error: Error): string =>
  'code' in error && typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code)
    ? ` ${error.code}`
    : '';

const isOwnError = (error: Error): boolean =>
  error instanceof Unavailable || error instanceof HttpError;

/** The name of an error and of what caused it. Messages of others may quote a payload: not told. */
export const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return 'not an Error';
  const description = error.name + (isOwnError(error) ? `: ${error.message}` : codeSuffix(error));
  return error.cause === undefined
    ? description
    : `${description}, caused by ${describeError(error.cause)}`;
};
