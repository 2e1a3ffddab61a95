import {
  CreateRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { statementsOf } from '../policy-document.ts';
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

/** All roles, with the statements of their own policies. */
export async function readRoles({ iam }: Aws) {
  const { Roles = [] } = await iam.send(new ListRolesCommand());
  return Promise.all(
    Roles.map(async ({ RoleName }) => {
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      const policies = await Promise.all(
        PolicyNames.map((PolicyName) =>
          iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
        ),
      );
      return {
        name: RoleName,
        // IAM returns documents in URL encoding.
        policy: policies.flatMap(({ PolicyDocument }) =>
          statementsOf(decodeURIComponent(present(PolicyDocument, 'a policy'))),
        ),
      };
    }),
  );
}
