import * as z from 'zod';

const oneOrSeveral = z
  .union([z.string(), z.array(z.string())])
  .transform((value): readonly string[] => [value].flat());

const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*'), z.record(z.string(), oneOrSeveral)]).optional(),
  Action: oneOrSeveral,
  Resource: oneOrSeveral.default([]),
  Condition: z.record(z.string(), z.record(z.string(), oneOrSeveral)).default({}),
});

/** One statement of a policy; what AWS lets stand alone or in a list is a list. */
export type Statement = z.infer<typeof Statement>;

const PolicyDocument = z.looseObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(Statement),
});

/** The statements of a policy as AWS keeps it. Throws if it is none. */
export const statementsOf = (document: string): readonly Statement[] =>
  PolicyDocument.parse(JSON.parse(document)).Statement;
