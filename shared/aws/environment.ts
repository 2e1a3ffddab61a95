import * as z from 'zod';

/**
 * Parses a function's environment variables by its schema.
 * @throws Error that lists every variable that is missing or wrong
 */
export function parseEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new Error(`Invalid environment variables:\n${z.prettifyError(parsed.error)}`);
}
