import * as z from 'zod';

// What docs/configuration.md tells of a setting stands in its `meta`: `description`, `value` (what it takes, as its
// message says it), `example` (for its command, where there is no default), `secret` and `insteadOf`.

/** Text of a form. `value` says which: it is the message and the documentation alike. */
export const text = (value: string, form: RegExp) =>
  z.string(`must be ${value}`).regex(form, `must be ${value}`).meta({ value });

// Neither `z.int` nor `max` of an array here: where they fail, zod asks no more rules of all that they are part of.

/** A whole number within bounds. */
export const wholeNumber = (min: number, max: number, noun = 'number') => {
  const value = `a whole ${noun}, ${min} to ${max}`;
  const message = `must be ${value}`;
  return z
    .number(message)
    .multipleOf(1, message)
    .min(min, message)
    .max(max, message)
    .meta({ value });
};

/** Whether something is so. */
export const trueOrFalse = () => z.boolean('must be true or false').meta({ value: 'true or false' });

/** One of a few words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) => {
  const value = words.join(' or ');
  return z.enum(words, `must be ${value}`).meta({ value });
};

/** A URL by https, of so many characters at most. It comes to stand where secrets must not. */
export const httpsUrl = (value: string, maxLength: number) =>
  z
    .url({ protocol: /^https$/, error: `must be ${value}` })
    .max(maxLength, `must not have more than ${maxLength} characters`)
    .refine((url) => {
      const parsed = URL.parse(url);
      return parsed === null || (parsed.username === '' && parsed.password === '');
    }, 'must not hold a user name or a password')
    .meta({ value });

/** A list of some length at most. */
export const listOf = <Element extends z.ZodType>(element: Element, maxItems: number, value: string) =>
  z
    .array(element, `must be ${value}`)
    .refine((list) => list.length <= maxItems, { error: `must be ${value}`, params: { most: maxItems } })
    .meta({ value });
