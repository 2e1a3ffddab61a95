import type { Output } from '@pulumi/pulumi';

/**
 * The parts of an ARN; `name` is what stands behind its last colon.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export function parseArn(arn: string) {
  const [, partition = '', , region = '', account = '', ...resource] = arn.split(':');
  return { partition, region, account, name: resource.at(-1) ?? '' };
}

/** The name in an ARN that is known once AWS has made what it is of. */
export function nameFromArn(arn: Output<string>): Output<string> {
  return arn.apply((text) => parseArn(text).name);
}
