import {
  CreateRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { statementsOf } from '../policy-document.ts';
import { physicalName, present, provisioner, Tags, tagList, tagsOf } from '../provisioner.ts';

const role = provisioner(
  z.strictObject({ assumeRolePolicy: z.string(), tags: Tags }),
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
  z.strictObject({ role: z.string(), policy: z.string() }),
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

/** IAM tells documents as a URL has them. */
const statements = (encoded: string | undefined) =>
  statementsOf(decodeURIComponent(present(encoded, 'a policy')));

/** All roles: who may take them, the statements of their own policies, policies from elsewhere, tags. */
export const readRoles = async ({ iam }: Aws) => {
  const { Roles = [] } = await iam.send(new ListRolesCommand());
  return Promise.all(
    Roles.map(async ({ Arn, RoleName, AssumeRolePolicyDocument }) => {
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      const { AttachedPolicies } = await iam.send(
        new ListAttachedRolePoliciesCommand({ RoleName }),
      );
      const { Tags: tags } = await iam.send(new ListRoleTagsCommand({ RoleName }));
      const policies = await Promise.all(
        PolicyNames.map((PolicyName) =>
          iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
        ),
      );
      return {
        name: RoleName,
        arn: Arn,
        trust: statements(AssumeRolePolicyDocument),
        policy: policies.flatMap(({ PolicyDocument }) => statements(PolicyDocument)),
        attached: AttachedPolicies,
        tags: tagsOf(tags),
      };
    }),
  );
};
