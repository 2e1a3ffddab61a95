import * as z from 'zod';

/**
 * A secret that others sign with: one, or several while one is rotated out. It gives a list always.
 * @param problemOf what is wrong with a secret, if anything; never quotes it
 * @param expected what is said where there is none
 */
export const oneOrMoreSecrets = (
  problemOf: (secret: string) => string | undefined,
  expected: string,
) => {
  const one = z
    .string('must be text')
    .trim()
    .superRefine((secret, context) => {
      const problem = problemOf(secret);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });
  const several = z.array(one, expected).min(1, expected);

  return z.unknown().transform((given, context): readonly string[] => {
    const parsed =
      typeof given === 'string'
        ? one.transform((secret) => [secret]).safeParse(given)
        : several.safeParse(given);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  });
};
