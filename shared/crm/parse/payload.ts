import * as z from 'zod';
import { type FieldProblem, HttpError, invalidBody } from '../../http/errors.ts';

const maxProblems = 10;

const maxProblemLength = 200;

/**
 * A key of a payload may be any text, even a person's name. Only a key that looks like ours is repeated in an
 * error.
 */
const plainKey = /^[A-Za-z_]\w{0,40}$/;

/**
 * Parses a payload by its schema.
 * @throws HttpError that names the invalid fields and the fix, never their values
 */
export function parsePayload<Schema extends z.ZodType>(
  schema: Schema,
  payload: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(payload, { error: describeIssue });
  if (parsed.success) return parsed.data;
  throw new HttpError('invalid', invalidBody, fieldProblems(parsed.error));
}

/** Creates a schema once for each value of a setting, because that takes longer than to parse a payload. */
export function oncePerSetting<Setting, Schema>(make: (setting: Setting) => Schema) {
  const made = new Map<Setting, Schema>();
  return (setting: Setting): Schema => {
    const schema = made.get(setting) ?? make(setting);
    made.set(setting, schema);
    return schema;
  };
}

/**
 * The problems that a schema found: the fields and their allowed values, without the actual values. Parse with
 * `describeIssue`, because zod's own texts do not name the fix.
 * @param path the place of the payload in the body, e.g. `[0].`
 */
export function fieldProblems({ issues }: z.ZodError, path = ''): readonly FieldProblem[] {
  return issues.slice(0, maxProblems).map((issue) => ({
    field: `${path}${issue.path.map(String).join('.')}` || 'body',
    problem: problemText(issue).slice(0, maxProblemLength),
  }));
}

/** The allowed values, if the schema has no text for that. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  const expected = describeExpected(issue);
  return issue.code === 'invalid_type' && issue.input === undefined
    ? `is missing: ${expected}`
    : expected;
}

/**
 * An integer, as a JSON number or a string, parsed to its decimal text. `parseJsonBody` returns numbers beyond 2^53
 * as a bigint. A number with a fraction or an exponent is not an integer.
 */
export const integerOrText = z
  .union([z.string(), z.int(), z.bigint()], {
    error: 'must be a string or an integer; send it as a string when in doubt',
  })
  .transform(String);

/** The name of each type in plain words, by zod's name. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'an integer',
  number: 'a number',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

function describeExpected(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? 'of another type'}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${countNoun(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${countNoun(issue.origin)}`;
    default:
      return 'must have the form that docs/sources describes for this kind of source';
  }
}

/** The unit that a bound of a text or an array counts. */
function countNoun(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' elements' : '';
}

function problemText(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  const named = issue.keys.filter((key) => plainKey.test(key));
  const which = named.length > 0 ? ` (${named.join(', ')})` : '';
  return `has unknown fields${which}: remove them, or correct their names`;
}
