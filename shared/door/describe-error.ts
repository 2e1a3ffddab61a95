import { Refusal, Unavailable } from './failures.ts';

/** A system error's code, e.g. ECONNREFUSED. */
const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code)
    ? ` ${error.code}`
    : '';

const isOurs = (error: Error): boolean => error instanceof Unavailable || error instanceof Refusal;

/** The name of an error and of what caused it. Messages of others may quote a payload: not told. */
export const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return 'not an Error';
  const own = error.name + (isOurs(error) ? `: ${error.message}` : codeOf(error));
  return error.cause === undefined ? own : `${own}, caused by ${describeError(error.cause)}`;
};
