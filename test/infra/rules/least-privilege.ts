import { actionOf, fits } from '../../../fixtures/aws/actions.ts';
import { account, allOf, type Recording } from '../../../tools/engine/record-resources.ts';
import { allowing, covers, hasWildcard, principalsOf, type Statement } from './policy.ts';
import {
  functions,
  logGroups,
  queues,
  type ResourceOf,
  rolePolicies,
  roles,
  secrets,
} from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { configured, keyArnOf, partOf, signingSources } from './stack-settings.ts';

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

type Lambda = ResourceOf<typeof functions>;

/** All statements of the role that a function runs with. */
const statementsOf = (lambda: Lambda, recording: Recording): readonly Statement[] => {
  const role = roles(recording).find(({ known }) => known.arn === lambda.inputs.role);
  return rolePolicies(recording)
    .filter(({ inputs }) => inputs.role === role?.known.name)
    .flatMap(({ inputs }) => inputs.policy);
};

/** All statements of all roles that functions run with. */
const roleStatements = (recording: Recording) =>
  functions(recording).flatMap((lambda) =>
    statementsOf(lambda, recording).map((statement) => ({ lambda, statement })),
  );

/** The network interfaces of the stack's account and region. */
const networkInterfaces = `arn:aws:ec2:eu-west-1:${account}:*/*`;

/** What a stack was given of a network, whichever account it belongs to. */
const givenOfNetwork = (recording: Recording): readonly string[] => {
  const { subnetIds = [], securityGroupIds = [] } = configured(recording).vpc ?? {};
  const given = [
    ...subnetIds.map((id) => `subnet/${id}`),
    ...securityGroupIds.map((id) => `security-group/${id}`),
  ];
  return given.map((what) => `arn:aws:ec2:eu-west-1:*:${what}`);
};

/** What Lambda joins a function to a network with, and of. */
const networkParts = (recording: Recording): readonly string[] => [
  networkInterfaces,
  ...givenOfNetwork(recording),
];

/**
 * What Lambda does with a function's role to join it to a network.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const interfaceActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
const describeActions = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/** What something is to the program, of which AWS has the ARN. */
const aboutOf = (arn: string, recording: Recording): string => {
  const kept = [...queues(recording), ...secrets(recording)].find(({ known }) => known.arn === arn);
  const group = logGroups(recording).find(({ known }) => `${known.arn}:*` === arn);
  if (kept !== undefined) return partOf(recording, kept.name);
  if (group !== undefined) return `streams of ${partOf(recording, group.name)}`;
  return arn;
};

/** What a statement names as encrypted, if it is about a key. */
const encryptedIn = ({ Condition }: Statement): readonly string[] =>
  Object.entries(Condition['StringEquals'] ?? {})
    .filter(([key]) => key.startsWith('kms:EncryptionContext:'))
    .flatMap(([, values]) => values);

const subjectsOf = (statement: Statement, recording: Recording): readonly string[] =>
  statement.Resource.flatMap((arn) =>
    arn === keyArnOf(recording) && encryptedIn(statement).length > 0
      ? encryptedIn(statement).map((kept) => `the key, for ${aboutOf(kept, recording)}`)
      : [aboutOf(arn, recording)],
  );

/** Each thing that a function may do, as `<action> on <what>`. */
const allowedActions = (lambda: Lambda, recording: Recording): ReadonlySet<string> =>
  new Set(
    allowing(statementsOf(lambda, recording)).flatMap((statement) =>
      subjectsOf(statement, recording).flatMap((subject) =>
        statement.Action.map((action) => `${action} on ${subject}`),
      ),
    ),
  );

/**
 * What an action does with the key of what it is about.
 * Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
const keyUses: Readonly<Record<string, readonly string[]>> = {
  'sqs:SendMessage': ['kms:GenerateDataKey', 'kms:Decrypt'],
  'sqs:ReceiveMessage': ['kms:Decrypt'],
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
};

const send = ['sqs:SendMessage'];
const consume = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ChangeMessageVisibility',
];
const read = ['secretsmanager:GetSecretValue'];

type Needs = Readonly<Record<string, readonly string[]>>;

/** What each function needs of what the stack keeps, by its name. */
const needsByFunction = (recording: Recording): Readonly<Record<string, Needs>> => ({
  'crm-change': {
    changes: send,
    lookups: send,
    'events-dead-letters': send,
    ...Object.fromEntries(signingSources(recording).map((source) => [`source-${source}`, read])),
  },
  'task-event': {
    changes: send,
    'twilio-auth-token': read,
    ...(configured(recording).twilio.sharedKeySecret && { 'twilio-shared-key': read }),
  },
  sync: {
    changes: [...consume, ...send],
    lookups: [...consume, ...send],
    'dead-letters': send,
    twilio: read,
  },
});

/** What every function needs: to write its logs and traces, and to be joined to a network if there is one. */
const commonNeeds = (part: string, recording: Recording): Needs => ({
  [`streams of ${part}-logs`]: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  '*': [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    ...(configured(recording).vpc === undefined ? [] : describeActions),
  ],
  ...(configured(recording).vpc !== undefined && { [networkInterfaces]: interfaceActions }),
  ...Object.fromEntries(
    givenOfNetwork(recording).map((part) => [part, ['ec2:CreateNetworkInterface']]),
  ),
});

/** Each thing that a function has to be allowed, as `<action> on <what>`. */
const requiredActions = (lambda: Lambda, recording: Recording): ReadonlySet<string> => {
  const part = partOf(recording, lambda.name);
  const own = needsByFunction(recording)[part] ?? {};
  const all = Object.entries({ ...own, ...commonNeeds(part, recording) });
  return new Set(
    all.flatMap(([subject, actions]) =>
      actions.flatMap((action) => [
        `${action} on ${subject}`,
        ...(keyUses[action] ?? []).map((use) => `${use} on the key, for ${subject}`),
      ]),
    ),
  );
};

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
