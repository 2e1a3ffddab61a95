import type { Told } from '../finding.ts';
import type { FoundCredentials } from '../sync-credentials.ts';
import { judgeProbes } from './judge-probes.ts';
import { operations } from './operations.ts';
import { prober } from './probe.ts';

export interface TaskRouterOptions {
  readonly workspaceSid: string;
  readonly taskRouterUrl: string;
  /** How a setting is brought into force, e.g. `pulumi up --stack prod`. */
  readonly applyIt: string;
}

/**
 * Tries out all that the sync does at TaskRouter, about a Task that does not exist. One of the three
 * searches that an account has in a second is used for it.
 */
export const taskRouter = async (
  { credentials, told }: FoundCredentials,
  options: TaskRouterOptions,
): Promise<readonly Told[]> => {
  if (credentials === undefined) return told;
  const { accountSid, apiKey: username, apiSecret: password } = credentials;
  const probe = prober({ ...options, username, password });
  const trials = await Promise.all(
    operations.map(async (operation) => ({ operation, probed: await probe(operation) })),
  );
  return [...told, ...judgeProbes(trials, { ...options, accountSid })];
};
