// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { argument, call, code, object, property, variable } from '../places.ts';

export const keyChanges = [
  ...changesTo('infra/policies/key-policy.ts', [
    ['The key belongs to its account', [variable('root')], to("{ AWS: '*' }")],
    [
      'Only administrators administer the key',
      [object('Sid', "'Account'"), property('Action', 'useActions')],
      to("'kms:*'"),
    ],
    ['Administrators may not decrypt', [code("'kms:CancelKeyDeletion'")], to("'kms:Decrypt'")],
    ['No other service uses the key', [code("'events.amazonaws.com'")], to("'s3.amazonaws.com'")],
    [
      'Only alarms of the stack use the key',
      [object('Sid', "'Alarms'"), property('Condition')],
      removed,
    ],
    [
      'Only logs of the stack are encrypted with the key',
      [code('`log-group:${prefix}-*`')],
      to("'log-group:*'"),
    ],
    [
      'The access log of the API can be encrypted',
      [code('`log-group:/aws/vendedlogs/apis/${prefix}-*`')],
      to('`log-group:/aws/apis/${prefix}-*`'),
    ],
    [
      'Only events for a queue of the stack use the key',
      [object('Sid', "'Events'"), code('`${prefix}-*`')],
      to("'*'"),
    ],
    [
      'The key policy names existing actions',
      [code("'kms:GenerateDataKeyWithoutPlaintext'")],
      to("'kms:GenerateDataKeyWithoutPlainText'"),
    ],
  ]),
  ...changesTo('infra/components/encryption-key.ts', [
    ['Only alarms use the key of alarms', [argument('keyPolicy', 1)], to("'data'")],
    ['The key is rotated', [property('enableKeyRotation')], to('false')],
    ['The key has the configured waiting period', [property('deletionWindowInDays')], to('7')],
    [
      'The configured administrators are the only ones',
      [argument('keyPolicy', 3)],
      to('undefined'),
    ],
    ['The key is kept with what it encrypts', [property('retainOnDelete')], to('false')],
    ['The configured key is used', [code('args.arn === undefined')], to("args.prefix !== ''")],
    ['The key has its own policy', [call('new KeyPolicy'), property('keyId')], to("'another'")],
    ['The key keeps its logical name', [argument('new Key', 0)], to('`${name}-2`')],
  ]),
];
