import * as z from 'zod';

const oneOrSeveral = z
  .union([z.string(), z.array(z.string())])
  .transform((given): readonly string[] => [given].flat());

/** A statement of a policy. What is not written here (`NotAction` and the like) is none. */
const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z
    .union([z.literal('*'), z.record(z.string(), oneOrSeveral)])
    .transform((principal) => (principal === '*' ? { '*': ['*'] } : principal))
    .default({}),
  Action: oneOrSeveral,
  Resource: oneOrSeveral.default([]),
  Condition: z.record(z.string(), z.record(z.string(), oneOrSeveral)).default({}),
});
export type Statement = z.infer<typeof Statement>;

/** A policy document as AWS takes it, its statements in one form whichever of several was used. */
export const Policy = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(Statement) }))
  .transform((document): readonly Statement[] => document.Statement);

/** Everybody who is named in a statement, whichever way. */
export const principalsOf = ({ Principal }: Statement): readonly string[] =>
  Object.values(Principal).flat();

export const allowing = (statements: readonly Statement[]): readonly Statement[] =>
  statements.filter(({ Effect }) => Effect === 'Allow');

export const hasWildcard = (text: string): boolean => /[*?]/.test(text);

const escaped = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');

/** Whether a pattern of a policy, in which `*` matches any text, covers a text. */
export const covers = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 'u').test(text);

/** Whether statements close everything that an action pattern names to plain HTTP, for everybody. */
export const deniesPlainHttp = (
  statements: readonly Statement[],
  action: string,
  resource: string,
): boolean =>
  statements.some(
    ({ Effect, Principal, Action, Resource, Condition }) =>
      Effect === 'Deny' &&
      '*' in Principal &&
      Action.some((pattern) => covers(pattern, action)) &&
      Resource.includes(resource) &&
      JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":["false"]}}',
  );
