// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import { argument, code, object, property, variable } from '../../../../tools/mutants/places.ts';

export const keyChanges = [
  ...changesTo('infra/policies/key-policy.ts', [
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
  ]),
  ...changesTo('infra/components/encryption-key.ts', [
    ['Only alarms use the key of alarms', [argument('keyPolicy', 1)], "'data'"],
    ['The key is rotated', ['enableKeyRotation'], 'false'],
    ['The key has the configured waiting period', ['deletionWindowInDays'], '7'],
    ['The configured administrators are the only ones', [argument('keyPolicy', 3)], 'undefined'],
    ['The key is kept with what it encrypts', ['retainOnDelete'], 'false'],
    ['The configured key is used', [code('args.arn === undefined')], "args.prefix !== ''"],
    ['The key keeps its logical name', [argument('new Key', 0)], '`${name}-2`'],
  ]),
];
