// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the text of other files
import { changesTo } from '../mutant.ts';

export const permissionChanges = [
  ...changesTo('infra/policies/permissions.ts', [
    ['Sending is sending alone', "{ actions: ['sqs:SendMessage'],", "{ actions: ['sqs:*'],"],
    [
      'Sending is to one queue',
      "{ actions: ['sqs:SendMessage'], resource: queue.arn }",
      "{ actions: ['sqs:SendMessage'], resource: '*' }",
    ],
    [
      'Sending is to one queue by its whole name',
      "{ actions: ['sqs:SendMessage'], resource: queue.arn }",
      "{ actions: ['sqs:SendMessage'], resource: 'arn:aws:sqs:eu-west-1:123456789012:*' }",
    ],
    ['Actions are spelled rightly', "'sqs:ChangeMessageVisibility'", "'sqs:ChangeVisibility'"],
    ['A consumer may not purge its queue', "'sqs:DeleteMessage',", "'sqs:PurgeQueue',"],
    ['Keys are used through a service', "'kms:ViaService'", "'kms:CallerAccount'"],
    ['Keys are used for what is named', '[`kms:EncryptionContext:${context}`]: arns,', ''],
    [
      'The key that is used is the one of the stack',
      "resource: kept[0]?.keyArn ?? '',",
      "resource: '*',",
    ],
    [
      'Reading secrets is reading alone',
      "['secretsmanager:GetSecretValue']",
      "['secretsmanager:*']",
    ],
    [
      'Secrets are read by their names',
      'resource: secrets.map(({ arn }) => arn),',
      "resource: '*',",
    ],
    ['Tracing is tracing alone', "'xray:PutTraceSegments'", "'xray:*'"],
    [
      'A network may be one that another account shares',
      'ec2:${region}:*:${shared}',
      'ec2:${region}::${shared}',
    ],
    ['The code may not make network interfaces', "effect: 'Deny',", ''],
    [
      'That the code may not is said of the functions of the stack',
      'function:${functionName}-*',
      'function:another-*',
    ],
    [
      'Network interfaces are those of the account',
      ':ec2:${region}:${account}:*/*',
      ':ec2:*:*:*/*',
    ],
  ]),
  ...changesTo('infra/policies/permissions.ts', [
    ['Queues deny', "Effect: 'Deny'", "Effect: 'Allow'"],
    ['What is denied is plain HTTP', "'false'", "'true'"],
    ['All is denied over plain HTTP', "'sqs:*'", "'sqs:SendMessage'"],
  ]),
];
