import { getCallerIdentityOutput } from '@pulumi/aws/getCallerIdentity.js';
import { getPartitionOutput } from '@pulumi/aws/getPartition.js';
import { getRegionOutput } from '@pulumi/aws/getRegion.js';
import { all, type InvokeOutputOptions, type Output } from '@pulumi/pulumi';

/** Where resources are created, as their ARNs name it. */
export interface AwsAccount {
  partition: string;
  region: string;
  account: string;
}

/** Asks AWS where the resources of a program, or of a component, are created. */
export function getAwsAccount(options: InvokeOutputOptions): Output<AwsAccount> {
  return all([
    getPartitionOutput({}, options),
    getRegionOutput({}, options),
    getCallerIdentityOutput({}, options),
  ]).apply(([{ partition }, { region }, { accountId: account }]) => ({
    partition,
    region,
    account,
  }));
}
