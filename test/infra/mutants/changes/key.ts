// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the text of other files
import { changesTo } from '../mutant.ts';

export const keyChanges = [
  ...changesTo('infra/policies/key-policy.ts', [
    [
      'The key is its account’s',
      '{ AWS: `arn:${partition}:iam::${account}:root` }',
      "{ AWS: '*' }",
    ],
    [
      'Nobody but administrators may administer the key',
      "{ Sid: 'Account', Principal: root, Action: use }",
      "{ Sid: 'Account', Principal: root, Action: 'kms:*' }",
    ],
    ['Administrators may not read', "  'kms:CancelKeyDeletion',", "  'kms:Decrypt',"],
    ['No other service uses the key', "'events.amazonaws.com'", "'s3.amazonaws.com'"],
    [
      'Alarms that use the key are those of the stack',
      "Condition: { ArnLike: { 'aws:SourceArn': arn('cloudwatch', `alarm:${prefix}-*`) } },",
      '',
    ],
    [
      'Logs that are encrypted with the key are those of the stack',
      '`log-group:${prefix}-*`',
      "'log-group:*'",
    ],
    [
      'The log of the API may be encrypted',
      'log-group:/aws/vendedlogs/apis/${prefix}-*',
      'log-group:/aws/apis/${prefix}-*',
    ],
    ['Events that use the key are for a queue of the stack', '`${prefix}-*`) } }', "'*') } }"],
    [
      'Actions of the key’s policy are spelled rightly',
      "'kms:GenerateDataKeyWithoutPlaintext'",
      "'kms:GenerateDataKeyWithoutPlainText'",
    ],
  ]),
  ...changesTo('infra/components/encryption-key.ts', [
    ['The key is renewed', 'enableKeyRotation: true', 'enableKeyRotation: false'],
    [
      'The key can be called back for as long as is asked for',
      'deletionWindowInDays: args.deletionWindowDays',
      'deletionWindowInDays: 7',
    ],
    ['Administrators are alone', 'args.prefix, args.administrators', 'args.prefix, undefined'],
    ['The key stays with what it encrypts', 'retainOnDelete: args.keep ', 'retainOnDelete: false '],
    ['A key that is given is used', 'args.arn === undefined ?', 'args.prefix !== "" ?'],
    ['The key has a policy of its own', 'keyId: key.id,', "keyId: 'another',"],
    ['The key has the name that it had', 'new Key(\n      name,', 'new Key(\n      `${name}-2`,'],
  ]),
];
