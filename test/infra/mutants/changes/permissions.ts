// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, renamed, to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { code, func, property } from '../places.ts';

export const permissionChanges = changesTo('infra/policies/permissions.ts', [
  ['maySend allows sending only', [func('maySend'), property('actions')], to("['sqs:*']")],
  ['maySend is about one queue', [func('maySend'), property('resource')], to("'*'")],
  [
    'maySend is about one queue by its full name',
    [func('maySend'), property('resource')],
    to("'arn:aws:sqs:eu-west-1:123456789012:*'"),
  ],
  [
    'Policies name existing actions',
    [code("'sqs:ChangeMessageVisibility'")],
    to("'sqs:ChangeVisibility'"),
  ],
  ['A consumer may not purge its queue', [code("'sqs:DeleteMessage'")], to("'sqs:PurgeQueue'")],
  ['Keys are used through a service', [property('kms:ViaService')], renamed("'kms:CallerAccount'")],
  ['Keys are used for named resources', [property('kms:EncryptionContext:${context}')], removed],
  ['Only the key of the stack is used', [func('mayUseKey'), property('resource')], to("'*'")],
  [
    'mayRead allows reading only',
    [func('mayRead'), property('actions')],
    to("['secretsmanager:*']"),
  ],
  ['mayRead is about named secrets', [func('mayRead'), property('resource')], to("'*'")],
  ['mayTrace allows tracing only', [code("'xray:PutTraceSegments'")], to("'xray:*'")],
  [
    'Another account may share the VPC',
    [code('`arn:${partition}:ec2:${region}:*:${shared}`')],
    to('`arn:${partition}:ec2:${region}::${shared}`'),
  ],
  [
    'The code of a function may not create network interfaces',
    [func('mayJoinNetwork'), property('effect')],
    removed,
  ],
  [
    'Network interfaces are denied to the functions of the stack',
    [property('lambda:SourceFunctionArn')],
    to('`arn:${partition}:lambda:${region}:${account}:function:another-*`'),
  ],
  [
    'Network interfaces are those of the account',
    [code('`arn:${partition}:ec2:${region}:${account}:*/*`')],
    to('`arn:${partition}:ec2:*:*:*/*`'),
  ],
  [
    'The queue policies deny plain HTTP',
    [func('denyPlainHttp'), property('Effect')],
    to("'Allow'"),
  ],
  ['Only plain HTTP is denied', [property('aws:SecureTransport')], to("'true'")],
  [
    'All actions are denied over plain HTTP',
    [func('denyPlainHttp'), property('Action')],
    to("'sqs:SendMessage'"),
  ],
]);
