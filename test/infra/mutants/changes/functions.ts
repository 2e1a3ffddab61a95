import { preceded, removed, to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { call, code, property } from '../places.ts';

export const functionChanges = changesTo('infra/components/node-function.ts', [
  ['Logs are encrypted', [call('new LogGroup'), property('kmsKeyId')], removed],
  ['Logs have a retention period', [call('new LogGroup'), property('retentionInDays')], removed],
  ['Logs are kept if configured', [call('new LogGroup'), property('retainOnDelete')], to('false')],
  ['Functions are traced', [property('mode')], to("'PassThrough'")],
  ['Functions log JSON', [property('logFormat')], to("'Text'")],
  [
    'Functions log to groups of the stack',
    [property('loggingConfig'), property('logGroup')],
    removed,
  ],
  ['Functions run on the tested version of Node', [property('runtime')], to("'nodejs22.x'")],
  ['Functions run on an existing version of Node', [property('runtime')], to("'nodejs99.x'")],
  ['Functions run on arm64', [property('architectures')], to("['x86_64']")],
  [
    'Only Lambda may assume the roles',
    [property('assumeRolePolicy'), property('Principal')],
    to("{ AWS: '*' }"),
  ],
  [
    'Roles have no policy but their own',
    [property('assumeRolePolicy')],
    preceded("managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],"),
  ],
  ['Functions write their own logs only', [call('mayLog')], to("mayLog('*')")],
  [
    'Functions write the streams of their own group only',
    [call('mayLog')],
    to("mayLog('arn:aws:logs:eu-west-1:123456789012:log-group:*')"),
  ],
  [
    'Functions have reserved concurrency',
    [property('reservedConcurrentExecutions')],
    to('undefined'),
  ],
  ['Functions run in the configured VPC', [property('vpcConfig')], to('undefined')],
  ['Lambda may attach functions to a VPC', [call('mayJoinNetwork')], to('[]')],
  ['Events that a function fails on are kept', [property('deadLetterConfig')], to('undefined')],
  [
    'A function runs with its own role',
    [call('new LambdaFunction'), property('role')],
    to("'arn:aws:iam::123456789012:role/somebody'"),
  ],
  [
    'No bundle holds the configuration',
    [code('new asset.StringAsset(code)')],
    to("new asset.StringAsset(code + process.env['PULUMI_CONFIG'])"),
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
