import * as z from 'zod';
import { HttpError, invalidBody } from '../../http/errors.ts';

const maxProblems = 10;

const maxProblemLength = 200;

/** A key of a payload may be anything, even a person's name: only one like ours is repeated. */
const plainKey = /^[A-Za-z_]\w{0,40}$/;

/**
 * Parses a payload by its schema.
 * @throws HttpError that names the invalid fields and the fix, and never their values.
 */
export function parsePayload<Schema extends z.ZodType>(
  schema: Schema,
  payload: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new HttpError(
    'invalid',
    invalidBody,
    parsed.error.issues.slice(0, maxProblems).map((issue) => ({
      field: issue.path.map(String).join('.') || 'body',
      problem: problemText(issue).slice(0, maxProblemLength),
    })),
  );
}

/**
 * An integer, as a JSON number or a string, parsed to its decimal text. Numbers beyond 2^53 come as a
 * bigint from `parseJsonBody`; a fraction or an exponent is not an integer.
 */
export const integerOrText = z
  .union([z.string(), z.int(), z.bigint()], {
    error: 'must be a string or an integer; send it as a string when in doubt',
  })
  .transform(String);

function problemText(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  const named = issue.keys.filter((key) => plainKey.test(key));
  const which = named.length > 0 ? ` (${named.join(', ')})` : '';
  return `has unknown fields${which}: remove them, or correct their names`;
}
