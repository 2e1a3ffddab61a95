// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, renamed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import {
  argument,
  call,
  code,
  func,
  object,
  property,
  variable,
} from '../../../../tools/mutants/places.ts';

export const queueChanges = [
  ...changesTo('infra/components/sync-queues.ts', [
    ['Queues are encrypted', [variable('createQueue'), 'kmsMasterKeyId'], removed],
    [
      'Dead letters are encrypted with our key',
      [variable('deadLetters'), 'kmsMasterKeyId'],
      "'alias/aws/sqs'",
    ],
    [
      'Dead letters are kept longer than messages',
      [variable('deadLetters'), 'messageRetentionSeconds'],
      'queueRetentionSeconds',
    ],
    [
      'Queues have a dead-letter queue',
      [variable('createQueue'), 'redrivePolicy'],
      renamed('fifoThroughputLimit'),
    ],
    ['Dead letters come from our queues', ['redrivePermission'], "'allowAll'"],
    [
      'The dead-letter queue denies plain HTTP',
      [call('this.requireTls', undefined, 'deadLetters')],
      'undefined',
    ],
    ['Dead letters stay if configured', [variable('deadLetters'), 'retainOnDelete'], removed],
    [
      'A queue keeps its name',
      [variable('createQueue'), argument('new Queue', 0)],
      '`${prefix}-of-${queueName}`',
    ],
    ['SQS delivers only the failed messages of a batch again', ['functionResponseTypes'], removed],
    ['Concurrency is limited', ['scalingConfig'], removed],
    ['A large batch waits for its messages', ['maximumBatchingWindowInSeconds'], '0'],
    ['A batch is done in time', [call('batchSize')], 'eventSources[queueName].batchSize'],
  ]),
  ...changesTo('infra/components/event-bridge.ts', [
    ['Event dead letters are encrypted', ['kmsMasterKeyId'], removed],
    ['The event dead-letter queue denies plain HTTP', [call('denyPlainHttp')], removed],
    ['Only our rules send event dead letters', [variable('fromRules'), 'Condition'], removed],
    ['Event dead letters may be as large as events', ['maxMessageSize'], removed],
  ]),
];

export const keyChanges = [
  ...changesTo('infra/components/encryption-key.ts', [
    ['The key belongs to its account', [variable('root')], "{ AWS: '*' }"],
    [
      'Only administrators administer the key',
      [object('Sid', "'Account'"), property('Action', 'useActions')],
      "'kms:*'",
    ],
    ['Only the configured administrators do', [property('aws:PrincipalArn')], "'*'"],
    ['Administrators may not decrypt', [code("'kms:CancelKeyDeletion'")], "'kms:Decrypt'"],
    ['No other service uses the key', [code("'events.amazonaws.com'")], "'s3.amazonaws.com'"],
    ['Only alarms of the stack use the key', [object('Sid', "'Alarms'"), 'Condition'], removed],
    ['The key encrypts logs of the stack only', [code('`log-group:${prefix}-*`')], "'log-group:*'"],
    [
      'The access log of the API can be encrypted',
      [code('`log-group:/aws/vendedlogs/apis/${prefix}-*`')],
      '`log-group:/aws/apis/${prefix}-*`',
    ],
    [
      'Only events for a queue of the stack use the key',
      [object('Sid', "'Events'"), code('`${prefix}-*`')],
      "'*'",
    ],
    [
      'The key policy names existing actions',
      [code("'kms:GenerateDataKeyWithoutPlaintext'")],
      "'kms:GenerateDataKeyWithoutPlainText'",
    ],
    ['Only alarms use the key of alarms', [argument('keyPolicy', 1)], "'data'"],
    ['The key is rotated', ['enableKeyRotation'], 'false'],
    ['The key has the configured waiting period', ['deletionWindowInDays'], '7'],
    ['The configured administrators are the only ones', [argument('keyPolicy', 3)], 'undefined'],
    ['The key is kept with what it encrypts', ['retainOnDelete'], 'false'],
    ['The configured key is used', [code('args.arn === undefined')], "args.prefix !== ''"],
    ['The key keeps its logical name', [argument('new Key', 0)], '`${name}-2`'],
  ]),
];

export const secretChanges = [
  ...changesTo('infra/components/secrets.ts', [
    ['Secrets are encrypted with our key', [call('new Secret'), 'kmsKeyId'], removed],
    ['The description of a secret does not hold it', [call('new Secret'), 'description'], 'value'],
    [
      'Secrets that are being rotated out are stored',
      [call('store'), code('signingSecrets')],
      'signingSecrets.slice(0, 1)',
    ],
  ]),
  ...changesTo('infra/functions.ts', [
    ['The environment of sync holds no secret', ['TWILIO_SECRET'], 'twilio.apiSecret'],
    [
      'sync may send dead letters',
      [func('syncFunction'), call('maySend')],
      'maySend([queues.changes, queues.lookups])',
    ],
    ['task-event has no secret in plain text', ['AUTH_TOKEN_SECRET'], 'String(twilio.authToken)'],
    [
      'task-event reads one secret',
      [func('taskEventFunction'), call('mayRead')],
      'mayRead([authToken, changes])',
    ],
    [
      'task-event sends to one queue only',
      [func('taskEventFunction'), call('maySend')],
      'maySend([changes, authToken])',
    ],
  ]),
];
