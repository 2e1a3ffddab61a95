import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
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

/** The sources of a function, by name. */
interface ReadableSources<Config> {
  sources: Readonly<Record<string, Config>>;
  /** The sources whose configuration this code does not understand, with the problem of each. */
  unreadable: ReadonlyMap<string, string>;
}

/**
 * The schema of all sources. Each source is parsed on its own: if a later version of this code wrote its settings,
 * only this source cannot be read. The program in `infra` is strict, so a wrong setting never comes this far.
 */
export function readableSources<Config>(schema: z.ZodType<Config>) {
  return z.record(z.string(), z.unknown()).transform((given): ReadableSources<Config> => {
    const sources: Record<string, Config> = {};
    const unreadable = new Map<string, string>();
    for (const [name, value] of Object.entries(given)) {
      const parsed = schema.safeParse(value);
      if (parsed.success) sources[name] = parsed.data;
      else unreadable.set(name, z.prettifyError(parsed.error));
    }
    return { sources, unreadable };
  });
}

/** Logs and counts the sources that cannot be read, if there are any. */
export function reportUnreadable(
  { unreadable }: Pick<ReadableSources<unknown>, 'unreadable'>,
  logger: Pick<Logger, 'error'>,
  metrics: Pick<Metrics, 'singleMetric'>,
): void {
  for (const [source, problem] of unreadable) {
    logger.error('source configuration cannot be read', { source, problem });
    metrics.singleMetric().addMetric('UnreadableSources', 'Count', 1);
  }
}

/** The daily event that keeps a function in a VPC active. The function does nothing for it. */
export const keepActiveEvent = { keepActive: true } as const;

export type KeepActiveEvent = typeof keepActiveEvent;
