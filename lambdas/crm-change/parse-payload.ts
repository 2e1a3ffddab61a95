import type * as z from 'zod';
import { Refusal, unexpectedShape } from './failures.ts';

const listedProblems = 10;
const longestProblem = 200;

/**
 * Reads a payload by its schema.
 * @throws Refusal that names the fields that are wrong and says what to do; never their values.
 */
export const parsePayload = <Schema extends z.ZodType>(
  schema: Schema,
  payload: unknown,
): z.output<Schema> => {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new Refusal(
    'invalid',
    unexpectedShape,
    parsed.error.issues.slice(0, listedProblems).map(({ path, message }) => ({
      field: path.map(String).join('.') || 'body',
      problem: message.slice(0, longestProblem),
    })),
  );
};
