import type { Context } from '../../context.ts';
import { requireKnownSources } from '../known-sources.ts';
import { type Report, reportOf } from '../report.ts';
import { runChecks } from '../run-checks.ts';
import { configChecks } from './config-checks.ts';
import { pulumiConfig } from './pulumi-config.ts';
import { readConfig } from './read-config.ts';

/**
 * Looks at the configuration of a stack that need not be deployed.
 * @param tickets an id for those sources whose tickets the operator names
 * @throws Failure where it cannot be read, or a ticket is of no source of it
 */
export const examineConfig = async (
  stack: string,
  tickets: Readonly<Record<string, string>>,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<Report> => {
  const read = readConfig(await pulumiConfig(stack, context), stack);
  if (read.config !== undefined) requireKnownSources(tickets, read.config.sources);
  return reportOf(
    `the configuration of stack ${stack}`,
    await runChecks(configChecks(read, stack, tickets)),
  );
};
