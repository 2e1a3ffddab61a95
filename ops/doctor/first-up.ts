import * as z from 'zod';
import type { StackConfig } from '../../infra/config/stack-config.ts';
import { jsonText } from '../../shared/json.ts';
import { type PulumiContext, runPulumi } from '../deployment/stack.ts';
import { checkAccount, type StackRegion } from './aws-account.ts';
import { type Check, couldNotBeChecked, type Observation } from './check.ts';
import { checkConcurrency } from './concurrency.ts';
import { checkNamedResources } from './named-resources.ts';
import { checkPermissions } from './permissions.ts';

/** The stack, and how to reach AWS. */
interface FirstUp {
  /** Undefined if it is invalid: then only region and credentials are checked. */
  config: StackConfig | undefined;
  /** As Pulumi knows it. */
  stack: string;
  /** As the names of its resources have it. */
  shortName: string;
  region: StackRegion | undefined;
  profile: string | undefined;
}

/** What AWS would stop `pulumi up` for, after it has made other resources. */
export function checkFirstUp(
  { config, stack, shortName, region, profile }: FirstUp,
  context: PulumiContext,
): Check {
  return {
    name: 'AWS',
    timeoutMs: 60_000,
    next: 'Check whether this machine can reach AWS.',
    run: async () => {
      const { account, observations } = await checkAccount(stack, region, profile);
      if (account === undefined || config === undefined) return observations;
      const deployed = await readDeployed(stack, context);
      const checks = await Promise.all([
        orUnknown('concurrency', 'lambda:GetAccountSettings', () =>
          checkConcurrency(config, stack, account, Object.values(deployed.functions)),
        ),
        orUnknown('permissions', 'iam:SimulatePrincipalPolicy', () =>
          checkPermissions(config, shortName, account),
        ),
        checkNamedResources(config, account, Object.keys(deployed.eventRules)),
      ]);
      return [...observations, ...checks.flat()];
    },
  };
}

/** The outputs of a stack about what it has made already: none before its first `pulumi up`. */
const Deployed = jsonText(
  z.object({
    functions: z.record(z.string(), z.string()).default({}),
    eventRules: z.record(z.string(), z.unknown()).default({}),
  }),
);

async function readDeployed(stack: string, context: PulumiContext) {
  const command = ['stack', 'output', '--json'];
  const purpose = `read the outputs of stack ${stack}`;
  const next = 'Run `pulumi stack ls` to list the stacks.';
  return Deployed.parse(await runPulumi({ command, stack, purpose, next }, context));
}

/** @param permission the IAM action that the check needs */
async function orUnknown(
  about: string,
  permission: string,
  check: () => Promise<Observation>,
): Promise<Observation> {
  return check().catch((error: unknown) => ({ about, ...couldNotBeChecked(error, permission) }));
}
