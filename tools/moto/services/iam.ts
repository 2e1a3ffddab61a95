import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import * as z from 'zod';
import { physicalName, present, provisioner, Tags, tagList } from '../provisioner.ts';

const role = provisioner(
  { assumeRolePolicy: z.string(), tags: Tags },
  async ({ iam }, { assumeRolePolicy, tags }, name) => {
    const RoleName = physicalName(name);
    const { Role } = await iam.send(
      new CreateRoleCommand({
        RoleName,
        AssumeRolePolicyDocument: assumeRolePolicy,
        Tags: tagList(tags),
      }),
    );
    return { id: RoleName, state: { name: RoleName, arn: present(Role?.Arn, 'a role') } };
  },
);

const rolePolicy = provisioner(
  { role: z.string(), policy: z.string() },
  async ({ iam }, { role: RoleName, policy }, name) => {
    const PolicyName = physicalName(name);
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: policy }));
    return { id: `${RoleName}:${PolicyName}`, state: { name: PolicyName } };
  },
);

export const iamProvisioners = {
  'aws:iam/role:Role': role,
  'aws:iam/rolePolicy:RolePolicy': rolePolicy,
};
