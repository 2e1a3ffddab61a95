// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the text of other files
import { changesTo } from '../mutant.ts';

const anybody = "Principal: { AWS: '*' },";

export const functionChanges = changesTo('infra/components/node-function.ts', [
  ['Logs are encrypted', ', kmsKeyId: key.arn }', ' }'],
  ['Logs end some day', 'retentionInDays: surroundings.logRetentionDays, ', ''],
  ['Logs that are to be kept stay', 'surroundings.keepLogs }', 'false }'],
  ['Functions are traced', "mode: 'Active'", "mode: 'PassThrough'"],
  ['Functions log JSON', "logFormat: 'JSON'", "logFormat: 'Text'"],
  ['Functions log to groups of the stack', ', logGroup: logs.name', ''],
  ['Functions run on the Node that is tested', "'nodejs24.x'", "'nodejs22.x'"],
  ['Functions run on a Node that there is', "'nodejs24.x'", "'nodejs99.x'"],
  ['Functions run on arm64', "['arm64']", "['x86_64']"],
  [
    'Roles are Lambda’s to take on alone',
    "Principal: { Service: 'lambda.amazonaws.com' },",
    anybody,
  ],
  [
    'Roles have no policy but their own',
    'assumeRolePolicy: JSON.stringify({',
    "managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'], assumeRolePolicy: JSON.stringify({",
  ],
  ['Functions write their own logs alone', 'mayLog(interpolate`${logs.arn}:*`)', "mayLog('*')"],
  [
    'Functions write the streams of their own group alone',
    'mayLog(interpolate`${logs.arn}:*`)',
    "mayLog('arn:aws:logs:eu-west-1:123456789012:log-group:*')",
  ],
  ['Functions have concurrency kept', 'args.reservedConcurrency,', 'undefined,'],
  [
    'Functions run in the network that is asked for',
    '{ subnetIds: [...vpc.subnetIds], securityGroupIds: [...vpc.securityGroupIds] }',
    'undefined',
  ],
  [
    'Functions in a network may be joined to it',
    '...(vpc === undefined ? [] : mayJoinNetwork(logs.arn, name, vpc)),',
    '',
  ],
  [
    'What a function fails on is kept',
    'deadLetters === undefined ? undefined : { targetArn: deadLetters.arn }',
    'undefined',
  ],
  [
    'A function runs with the role that is made for it',
    'role: role.arn',
    "role: 'arn:aws:iam::123456789012:role/somebody'",
  ],
  [
    'What is configured is in no bundle',
    'new asset.StringAsset(code)',
    "new asset.StringAsset(code + process.env['PULUMI_CONFIG'])",
  ],
  [
    'Functions have no URLs of their own',
    'this.name = lambda.name;',
    `this.name = lambda.name;
    const { createRequire } = process.getBuiltinModule('node:module');
    const { FunctionUrl } = createRequire(import.meta.url)('@pulumi/aws/lambda/functionUrl.js');
    new FunctionUrl(name, { functionName: lambda.name, authorizationType: 'NONE' });`,
  ],
]);
