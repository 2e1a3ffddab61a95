import type { Output } from '@pulumi/pulumi';

/**
 * The parts of an ARN. `name` is the part after the last colon.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export function parseArn(arn: string) {
  const [, partition = '', , region = '', account = '', ...resource] = arn.split(':');
  return { partition, region, account, name: resource.at(-1) ?? '' };
}

/** The name in the ARN of a resource. */
export function nameFromArn(arn: Output<string>): Output<string> {
  return arn.apply((text) => parseArn(text).name);
}
