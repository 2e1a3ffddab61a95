import type { Deployment } from '../deployment/deployment.ts';
import { deploymentChecks } from './deployment-checks.ts';
import { requireKnownSources } from './known-sources.ts';
import { type DoctorReport, doctorReport } from './report.ts';
import { runChecks } from './run-checks.ts';

/**
 * Looks at a deployment.
 * @param stack its name; undefined for the embedded world
 * @param tickets an id for those sources whose tickets the operator names
 * @throws Failure where one of them is of no source
 */
export const checkDeployment = async (
  deployment: Deployment,
  stack: string | undefined,
  tickets: Readonly<Record<string, string>>,
): Promise<DoctorReport> => {
  requireKnownSources(tickets, deployment.sources);
  return doctorReport(deployment.name, await runChecks(deploymentChecks(deployment, stack, tickets)));
};
