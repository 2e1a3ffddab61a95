import type * as z from 'zod';

/** What a value has to be, by zod's name for it. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'settings, each by its name',
  record: 'settings, each by its name',
};

/** How much of something there may be, as `must …` ends. */
const boundText = (origin: string, count: number | bigint): string => {
  if (origin === 'number' || origin === 'int' || origin === 'bigint') return `be ${count}`;
  return `have ${count} ${origin === 'array' ? 'of them' : 'characters'}`;
};

/** What is said of a mistake where the schema itself has no words for it. Nothing is quoted. */
export const errorMessages: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? 'another value'}`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return `must ${boundText(issue.origin, issue.minimum)} at least`;
    case 'too_big':
      return `must ${boundText(issue.origin, issue.maximum)} at most`;
    default:
      return undefined;
  }
};
