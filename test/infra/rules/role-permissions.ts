import { account, type Recording } from '../record-resources.ts';
import { allowing, type Statement } from './policy.ts';
import {
  functions,
  logGroups,
  queues,
  type ResourceOf,
  rolePolicies,
  roles,
  secrets,
} from './resources.ts';
import { configured, keyArnOf, partOf, signingSources } from './stack-settings.ts';

export type Lambda = ResourceOf<typeof functions>;

/** All statements of the role that a function runs with. */
export const statementsOf = (lambda: Lambda, recording: Recording): readonly Statement[] => {
  const role = roles(recording).find(({ known }) => known.arn === lambda.inputs.role);
  return rolePolicies(recording)
    .filter(({ inputs }) => inputs.role === role?.known.name)
    .flatMap(({ inputs }) => inputs.policy);
};

/** All statements of all roles that functions run with. */
export const roleStatements = (recording: Recording) =>
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
export const networkParts = (recording: Recording): readonly string[] => [
  networkInterfaces,
  ...givenOfNetwork(recording),
];

/**
 * What Lambda does with a function's role to join it to a network.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export const interfaceActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];
export const describeActions = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

/** What something is to the program, of which AWS has the ARN. */
const aboutOf = (arn: string, recording: Recording): string => {
  const kept = [...queues(recording), ...secrets(recording)].find(({ known }) => known.arn === arn);
  const group = logGroups(recording).find(({ known }) => `${known.arn}:*` === arn);
  if (kept !== undefined) return partOf(recording, kept.name);
  if (group !== undefined) return `streams of ${partOf(recording, group.name)}`;
  return arn;
};

/** What a statement names as encrypted, if it is about a key. */
export const encryptedIn = ({ Condition }: Statement): readonly string[] =>
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
export const allowedActions = (lambda: Lambda, recording: Recording): ReadonlySet<string> =>
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
    'events-dead-letters': send,
    ...Object.fromEntries(signingSources(recording).map((source) => [`source-${source}`, read])),
  },
  'task-event': {
    changes: send,
    'twilio-auth-token': read,
    ...(configured(recording).twilio.sharedKeySecret && { 'twilio-shared-key': read }),
  },
  sync: { changes: [...consume, ...send], 'changes-dead-letters': send, twilio: read },
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
export const requiredActions = (lambda: Lambda, recording: Recording): ReadonlySet<string> => {
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
