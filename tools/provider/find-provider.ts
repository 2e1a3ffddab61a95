import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';

/** How to get Terraform's AWS provider. */
export const providerHint =
  'unpack https://releases.hashicorp.com/terraform-provider-aws/5.100.0/ for this machine into .engine/, or set TERRAFORM_PROVIDER_AWS to its binary';

/** Finds Terraform's AWS provider in the folders where Terraform looks for it. Undefined: it is not there. */
export function findTerraformProvider(): string | undefined {
  const { TERRAFORM_PROVIDER_AWS: given } = process.env;
  if (given !== undefined) return given;
  const name = 'terraform-provider-aws_v5*';
  return globSync([
    join(repositoryRoot, '.engine', name),
    join(homedir(), '.terraform.d/plugins/**', name),
    join('/opt/tf-plugins/**', name),
  ])[0];
}
