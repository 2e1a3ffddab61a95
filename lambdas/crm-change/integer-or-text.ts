import * as z from 'zod';

/**
 * An integer that a payload holds as a JSON number or as a string, read as its decimal text. Numbers
 * beyond 2^53 come as a bigint from `parseJson`; a fraction or an exponent is not an integer.
 */
export const integerOrText = z
  .union([z.string(), z.int(), z.bigint()], {
    error: 'must be a string or an integer; send it as a string when in doubt',
  })
  .transform(String);
