import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { parseArn } from '../../infra/arn.ts';
import type { DeployTarget } from '../../infra/policies/deploy-policy.ts';
import { awsClientOptions, isCredentialsError } from '../aws.ts';
import type { AwsClientConfig } from '../deployment/deployment.ts';
import { type PulumiConfig, regionSetting } from '../deployment/pulumi-config.ts';
import type { AwsOptions } from '../deployment/stack.ts';
import { unresolvedHost } from '../failure.ts';
import {
  awsErrorResult,
  type CheckResult,
  failed,
  type Observation,
  ok,
  warning,
} from './check.ts';

/** The account and region of a deployment, and who deploys. */
export interface AwsAccount {
  target: DeployTarget;
  /** The identity that deploys, e.g. `arn:aws:sts::123456789012:assumed-role/platform/jane`. */
  identity: string;
  access: AwsClientConfig;
}

/** A region, and the setting or variable that names it. */
export interface StackRegion {
  name: string;
  setBy: string;
}

/**
 * The region of a stack, found as Pulumi's AWS provider finds it. Undefined if none is set.
 * Source: https://www.pulumi.com/registry/packages/aws/installation-configuration/
 */
export function regionOf(
  config: PulumiConfig,
  { region }: AwsOptions,
  environment: Readonly<Record<string, string | undefined>>,
): StackRegion | undefined {
  const found = [
    { setBy: '--region', name: region },
    { setBy: regionSetting, name: config[regionSetting]?.value },
    ...['AWS_REGION', 'AWS_DEFAULT_REGION'].map((name) => ({
      setBy: name,
      name: environment[name],
    })),
  ].find(({ name }) => name);
  return found?.name ? { setBy: found.setBy, name: found.name } : undefined;
}

/** Why a region is not allowed. Undefined if it is. No request to AWS is made. */
export function regionProblem(name: string): string | undefined {
  if (!/^[a-z]{2,}(-[a-z]+)+-\d$/.test(name)) return 'must be the name of an AWS region';
  return partitionOf(name) === undefined
    ? 'must be a region of the partition aws or aws-us-gov: the program supports no other'
    : undefined;
}

/**
 * Finds the account of this machine's credentials.
 * @param stack the stack in the commands of the findings
 * @param region undefined if none is set
 */
export async function checkAccount(
  stack: string,
  region: StackRegion | undefined,
  profile: string | undefined,
): Promise<{ account?: AwsAccount; observations: readonly Observation[] }> {
  const setRegion = `pulumi config set --stack ${stack} ${regionSetting} <region>`;
  const aboutRegion = (result: CheckResult) => ({ about: 'region', ...result });
  if (region === undefined) {
    const finding = 'none is set: neither aws:region nor AWS_REGION';
    return { observations: [aboutRegion(failed(finding, setRegion))] };
  }
  const { name, setBy } = region;
  const problem = regionProblem(name);
  if (problem !== undefined) {
    return { observations: [aboutRegion(failed(`${name}, by ${setBy}: ${problem}`, setRegion))] };
  }
  const regionResult =
    setBy === regionSetting
      ? ok(`${name}, by ${setBy}`)
      : warning(
          `${name}, by ${setBy}: somebody else may deploy to another region`,
          `pulumi config set --stack ${stack} ${regionSetting} ${name}`,
        );
  const access = { region: name, ...(profile !== undefined && { profile }) };
  const sts = new STSClient(awsClientOptions(access));
  const about = profile === undefined ? 'credentials' : `credentials (profile ${profile})`;
  try {
    const { Account: account = '', Arn: identity = '' } = await sts.send(
      new GetCallerIdentityCommand({}),
    );
    const target = { partition: parseArn(identity).partition, region: name, account };
    const result = identity.endsWith(':root')
      ? warning(`the root user of account ${account}`, 'Deploy with a role instead.')
      : ok(`account ${account}, ${identity}`);
    return {
      account: { target, identity, access },
      observations: [aboutRegion(regionResult), { about, ...result }],
    };
  } catch (error) {
    const host = unresolvedHost(error);
    if (host !== undefined) {
      const finding = `${name}, by ${setBy}: this machine cannot resolve ${host}`;
      const next = `Check the name of the region and the network. ${setRegion}`;
      return { observations: [aboutRegion(failed(finding, next))] };
    }
    const result = awsErrorResult(error, 'sts:GetCallerIdentity');
    const hint = `${regionHint} ${name}`;
    return {
      observations: [
        aboutRegion(regionResult),
        isCredentialsError(error) && 'next' in result
          ? { about, ...failed(result.finding, `${result.next} ${hint}.`) }
          : { about, ...result },
      ],
    };
  } finally {
    sts.destroy();
  }
}

const regionHint = 'AWS also rejects credentials in a region that the account has not enabled:';

/**
 * The partition of a region, if the program supports it. ARNs contain the partition.
 * Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
function partitionOf(region: string): string | undefined {
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return /^(cn|us-iso|us-isob|eu-isoe|us-isof|eusc)-/.test(region) ? undefined : 'aws';
}
