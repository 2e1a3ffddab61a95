import { actionOf, fits } from '../../../fixtures/aws/actions.ts';
import { allOf } from '../record-resources.ts';
import { allowing, covers, hasWildcard, principalsOf, type Statement } from './policy.ts';
import { functions, logGroups, queues, rolePolicies, roles, secrets } from './resources.ts';
import {
  allowedActions,
  describeActions,
  encryptedIn,
  interfaceActions,
  networkParts,
  requiredActions,
  roleStatements,
  statementsOf,
} from './role-permissions.ts';
import { type Rule, rule, unless } from './rule.ts';
import { keyArnOf } from './stack-settings.ts';

const otherPolicies = [
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment',
  'aws:iam/policyAttachment:PolicyAttachment',
  'aws:iam/rolePoliciesExclusive:RolePoliciesExclusive',
  'aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive',
  'aws:iam/policy:Policy',
];

/** What a function is in a condition of its role. */
const calledBy = ({ Condition }: Statement): readonly string[] =>
  Condition['ArnLike']?.['lambda:SourceFunctionArn'] ?? [];

export const leastPrivilege: readonly Rule[] = [
  rule('Only Lambda may assume a role', roles, ({ name, inputs }) =>
    unless(
      inputs.assumeRolePolicy.length > 0 &&
        inputs.assumeRolePolicy.every(
          ({ Effect, Principal, Action }) =>
            Effect === 'Allow' &&
            JSON.stringify(Principal) === '{"Service":["lambda.amazonaws.com"]}' &&
            Action.join() === 'sts:AssumeRole',
        ),
      `${name} may be taken on by ${inputs.assumeRolePolicy.flatMap(principalsOf)}`,
    ),
  ),

  rule(
    'A role has one inline policy, and no managed policy that others may change',
    roles,
    ({ name, known, inputs }, recording) => [
      ...unless(
        rolePolicies(recording).filter((policy) => policy.inputs.role === known.name).length === 1,
        `${name} has no policy, or several`,
      ),
      ...unless(
        inputs.managedPolicyArns === undefined && inputs.inlinePolicies === undefined,
        `${name} has policies beside its own`,
      ),
      ...otherPolicies
        .flatMap((type) => allOf(recording, type))
        .map(
          (other) => `${other.name} makes or attaches a policy that is not written for one role`,
        ),
    ],
  ),

  rule('A role belongs to one function', roles, ({ name, known }, recording) => {
    const users = functions(recording).filter(({ inputs }) => inputs.role === known.arn);
    return unless(users.length === 1, `${name} is that of ${users.length} functions`);
  }),

  rule(
    'A role allows an action on the resource types that AWS lists for it, and on * only if AWS lists none',
    roleStatements,
    async ({ lambda, statement }) => {
      if (statement.Effect === 'Deny') return [];
      const problems = statement.Action.map(async (action) => {
        const { arns = [] } = (await actionOf(action)) ?? {};
        const misfits = statement.Resource.filter((resource) =>
          arns.length === 0
            ? resource !== '*'
            : resource === '*' || !arns.some((listed) => fits(resource, listed)),
        );
        return misfits.map((resource) => `${lambda.name} may ${action} on ${resource}`);
      });
      return (await Promise.all(problems)).flat();
    },
  ),

  rule(
    'A role names whole resources, except log streams, network interfaces and the account of a shared VPC',
    roleStatements,
    ({ lambda, statement: { Effect, Action, Resource } }, recording) => {
      const streams = logGroups(recording)
        .filter(({ known }) => known.name === lambda.inputs.loggingConfig.logGroup)
        .map(({ known }) => `${known.arn}:*`);
      const isForLambda = Action.every((action) => interfaceActions.includes(action));
      return Resource.filter(
        (resource) =>
          Effect === 'Allow' &&
          resource !== '*' &&
          hasWildcard(resource) &&
          !streams.includes(resource) &&
          !(isForLambda && networkParts(recording).includes(resource)),
      ).map((resource) => `${lambda.name} may ${Action} on ${resource}`);
    },
  ),

  rule('A function may do what it needs, and nothing else', functions, (lambda, recording) => {
    const may = allowedActions(lambda, recording);
    const needs = requiredActions(lambda, recording);
    return [
      ...[...may.difference(needs)].map((one) => `${lambda.name} need not do ${one}`),
      ...[...needs.difference(may)].map((one) => `${lambda.name} may not do ${one}`),
    ];
  }),

  rule(
    'The code of a function in a VPC may not use the permissions that Lambda needs to attach it',
    (recording) => functions(recording).filter(({ inputs }) => inputs.vpcConfig !== undefined),
    (lambda, recording) => {
      const denied = statementsOf(lambda, recording)
        .filter(
          (statement) =>
            statement.Effect === 'Deny' &&
            statement.Resource.includes('*') &&
            calledBy(statement).some((pattern) => covers(pattern, lambda.known.arn)),
        )
        .flatMap(({ Action }) => Action);
      return [...interfaceActions, ...describeActions]
        .filter((action) => !denied.includes(action))
        .map((action) => `${lambda.name} may ${action} itself`);
    },
  ),

  rule('One function may read each secret', secrets, ({ name, known }, recording) => {
    const readers = functions(recording).filter((lambda) =>
      allowing(statementsOf(lambda, recording)).some(
        ({ Action, Resource }) =>
          Action.some((pattern) => covers(pattern, 'secretsmanager:GetSecretValue')) &&
          Resource.some((pattern) => covers(pattern, known.arn)),
      ),
    );
    return unless(
      readers.length === 1,
      `${name} can be read by ${readers.map((lambda) => lambda.name).join(' and ') || 'nobody'}`,
    );
  }),

  rule(
    'A role may use the key only through a service, and for named resources',
    (recording) =>
      roleStatements(recording).filter(
        ({ statement: { Effect, Action } }) =>
          Effect === 'Allow' && Action.some((action) => action.startsWith('kms:')),
      ),
    ({ lambda, statement }, recording) => {
      const { Condition, Resource } = statement;
      const through = Condition['StringEquals']?.['kms:ViaService'] ?? [];
      const kept = [...queues(recording), ...secrets(recording)].map(({ known }) => known.arn);
      const services = encryptedIn(statement).map((arn) => arn.split(':')[2] ?? '');
      return [
        ...unless(
          Resource.every((resource) => resource === keyArnOf(recording)),
          `${lambda.name} may use the keys ${Resource}`,
        ),
        ...unless(
          through.length === 1 &&
            services.length > 0 &&
            services.every((service) => `${service}.eu-west-1.amazonaws.com` === through[0]),
          `${lambda.name} may use the key through ${through.join(' and ') || 'anything'}`,
        ),
        ...encryptedIn(statement)
          .filter((arn) => !kept.includes(arn))
          .map((arn) => `${lambda.name} may use the key for ${arn}`),
      ];
    },
  ),
];
