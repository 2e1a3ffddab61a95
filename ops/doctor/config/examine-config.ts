import type { Context } from '../../context.ts';
import { requireKnownSources } from '../known-sources.ts';
import { type DoctorReport, doctorReport } from '../report.ts';
import { runChecks } from '../run-checks.ts';
import { configChecks } from './config-checks.ts';
import { readPulumiConfig } from './pulumi-config.ts';
import { parseConfig } from './read-config.ts';

/**
 * Looks at the configuration of a stack that need not be deployed.
 * @param tickets an id for those sources whose tickets the operator names
 * @throws Failure where it cannot be read, or a ticket is of no source of it
 */
export const checkConfig = async (
  stack: string,
  tickets: Readonly<Record<string, string>>,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<DoctorReport> => {
  const parsed = parseConfig(await readPulumiConfig(stack, context), stack);
  if (parsed.config !== undefined) requireKnownSources(tickets, parsed.config.sources);
  return doctorReport(
    `the configuration of stack ${stack}`,
    await runChecks(configChecks(parsed, stack, tickets)),
  );
};
