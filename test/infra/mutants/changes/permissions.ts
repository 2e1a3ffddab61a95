// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, renamed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import { code, func } from '../../../../tools/mutants/places.ts';

export const permissionChanges = changesTo('infra/policies/permissions.ts', [
  ['maySend allows sending only', [func('maySend'), 'actions'], "['sqs:*']"],
  ['maySend is about one queue', [func('maySend'), 'resource'], "'*'"],
  [
    'maySend is about one queue by its full name',
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
