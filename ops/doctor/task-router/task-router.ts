import type { Observation } from '../finding.ts';
import type { CredentialsResult } from '../sync-credentials.ts';
import { evaluateProbes } from './judge-probes.ts';
import { taskRouterOperations } from './operations.ts';
import { createProbe } from './probe.ts';

export interface TaskRouterCheckOptions {
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
  /** How a setting is brought into force, e.g. `pulumi up --stack prod`. */
  readonly applyHint: string;
}

/**
 * Tries out all that the sync does at TaskRouter, about a Task that does not exist. One of the three
 * searches that an account has in a second is used for it.
 */
export const checkTaskRouter = async (
  { credentials, observations }: CredentialsResult,
  options: TaskRouterCheckOptions,
): Promise<readonly Observation[]> => {
  if (credentials === undefined) return observations;
  const { accountSid, apiKey: username, apiSecret: password } = credentials;
  const probe = createProbe({ ...options, username, password });
  const probes = await Promise.all(
    taskRouterOperations.map(async (operation) => ({ operation, outcome: await probe(operation) })),
  );
  return [...observations, ...evaluateProbes(probes, { ...options, accountSid })];
};
