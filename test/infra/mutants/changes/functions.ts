// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { preceded, removed, renamed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import { call, code, func } from '../../../../tools/mutants/places.ts';

export const functionChanges = changesTo('infra/components/node-function.ts', [
  ['Logs are encrypted', [call('new LogGroup'), 'kmsKeyId'], removed],
  ['Logs have a retention period', [call('new LogGroup'), 'retentionInDays'], removed],
  ['Logs are kept if configured', [call('new LogGroup'), 'retainOnDelete'], 'false'],
  ['Functions are traced', ['mode'], "'PassThrough'"],
  ['Functions log JSON', ['logFormat'], "'Text'"],
  ['Functions log to groups of the stack', ['loggingConfig', 'logGroup'], removed],
  ['Functions run on the tested version of Node', ['runtime'], "'nodejs22.x'"],
  ['Functions run on an existing version of Node', ['runtime'], "'nodejs99.x'"],
  ['Functions run on arm64', ['architectures'], "['x86_64']"],
  ['Only Lambda may assume the roles', ['assumeRolePolicy', 'Principal'], "{ AWS: '*' }"],
  [
    'Roles have no policy but their own',
    ['assumeRolePolicy'],
    preceded("managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],"),
  ],
  ['Functions write their own logs only', [call('mayLog')], "mayLog('*')"],
  [
    'Functions write the streams of their own group only',
    [call('mayLog')],
    "mayLog('arn:aws:logs:eu-west-1:123456789012:log-group:*')",
  ],
  ['Functions have reserved concurrency', ['reservedConcurrentExecutions'], 'undefined'],
  ['Functions publish versions', ['publish'], 'false'],
  ['The alias leads to the newest version', ['functionVersion'], "'0'"],
  ['Functions run in the configured VPC', ['vpcConfig'], 'undefined'],
  ['Lambda may attach functions to a VPC', [call('mayJoinNetwork')], '[]'],
  ['Events that a function fails on are kept', ['deadLetterConfig'], 'undefined'],
  [
    'A function runs with its own role',
    [call('new LambdaFunction'), 'role'],
    "'arn:aws:iam::123456789012:role/somebody'",
  ],
  [
    'No bundle holds the configuration',
    ['code'],
    "new asset.AssetArchive({ it: new asset.StringAsset(process.env['PULUMI_CONFIG'] ?? '') })",
  ],
  [
    'Functions have no function URLs',
    [call('this.registerOutputs')],
    preceded(`
    const { createRequire } = process.getBuiltinModule('node:module');
    const { FunctionUrl } = createRequire(import.meta.url)('@pulumi/aws/lambda/functionUrl.js');
    new FunctionUrl(name, { functionName: lambda.name, authorizationType: 'NONE' });
    `),
  ],
]);

export const permissionChanges = changesTo('infra/policies/permissions.ts', [
  ['maySend allows sending only', [func('maySend'), 'actions'], "['sqs:*']"],
  ['maySend is about given queues', [func('maySend'), 'resource'], "'*'"],
  [
    'maySend is about queues by their full names',
    [func('maySend'), 'resource'],
    "'arn:aws:sqs:eu-west-1:123456789012:*'",
  ],
  ['Policies name real actions', [code("'sqs:ChangeMessageVisibility'")], "'sqs:ChangeVisibility'"],
  ['A consumer may not purge its queue', [code("'sqs:DeleteMessage'")], "'sqs:PurgeQueue'"],
  ['Keys are used through a service', ['kms:ViaService'], renamed("'kms:CallerAccount'")],
  ['Keys are used for named resources', ['kms:EncryptionContext:${context}'], removed],
  ['Only the key of the stack is used', [func('mayUseKey'), 'resource'], "'*'"],
  ['mayRead allows reading only', [func('mayRead'), 'actions'], "['secretsmanager:*']"],
  ['mayRead is about named secrets', [func('mayRead'), 'resource'], "'*'"],
  ['mayTrace allows tracing only', [code("'xray:PutTraceSegments'")], "'xray:*'"],
  [
    'Another account may share the VPC',
    [code('`arn:${partition}:ec2:${region}:*:${shared}`')],
    '`arn:${partition}:ec2:${region}::${shared}`',
  ],
  ['A function may not create network interfaces', [func('mayJoinNetwork'), 'effect'], removed],
  [
    'Network interfaces are denied to the functions of the stack',
    ['lambda:SourceFunctionArn'],
    '`arn:${partition}:lambda:${region}:${account}:function:another-*`',
  ],
  [
    'Network interfaces are those of the account',
    [code('`arn:${partition}:ec2:${region}:${account}:*/*`')],
    '`arn:${partition}:ec2:*:*:*/*`',
  ],
  ['The queue policies deny plain HTTP', [func('denyPlainHttp'), 'Effect'], "'Allow'"],
  ['Only plain HTTP is denied', ['aws:SecureTransport'], "'true'"],
  ['Any action is denied over plain HTTP', [func('denyPlainHttp'), 'Action'], "'sqs:SendMessage'"],
]);
