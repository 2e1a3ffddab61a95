import type { Recording } from '../../../tools/engine/record-resources.ts';
import { allowing, covers, principalsOf, type Statement } from './policy.ts';
import { alarms, keys, logGroups, queues, type ResourceOf } from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { alarmKeyArnOf, configured, keyArnOf, prefixOf } from './stack-settings.ts';

type Key = ResourceOf<typeof keys>;

const isRoot = (principal: string): boolean => /^arn:aws:iam::\d{12}:root$/.test(principal);
const isService = ({ Principal }: Statement): boolean => 'Service' in Principal;
const ofService = ({ inputs }: Key, service: string): readonly Statement[] =>
  allowing(inputs.policy).filter(({ Principal }) => Principal['Service']?.includes(service));

/**
 * A principal with these actions owns the key.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
const ownerActions = [
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:CreateGrant',
];
const readingActions = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom'];

const mayAny = ({ Action }: Statement, actions: readonly string[]): boolean =>
  actions.some((action) => Action.some((pattern) => covers(pattern, action)));

/**
 * Which services encrypt in their own name, what they do, and what they say that it is for.
 * Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html,
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
const serviceUses = [
  {
    key: keyArnOf,
    service: 'logs.eu-west-1.amazonaws.com',
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
    condition: 'kms:EncryptionContext:aws:logs:arn',
    things: logGroups,
  },
  {
    key: alarmKeyArnOf,
    service: 'cloudwatch.amazonaws.com',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    condition: 'aws:SourceArn',
    things: alarms,
  },
  {
    key: keyArnOf,
    service: 'events.amazonaws.com',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    condition: 'kms:EncryptionContext:aws:sqs:arn',
    things: (recording: Recording) =>
      queues(recording).filter(({ name }) => name.endsWith('events-dead-letters')),
  },
];

const usesOf = ({ known }: Key, recording: Recording) =>
  serviceUses.filter((use) => use.key(recording) === known.arn);

const patternsOf = ({ Condition }: Statement): readonly string[] =>
  Object.values(Condition).flatMap((keysAndValues) => Object.values(keysAndValues).flat());

export const encryptionKey: readonly Rule[] = [
  rule(
    'The stack creates two keys, less those that are configured',
    (recording) => [keys(recording).length],
    (count, recording) => {
      const { arn, alarmsArn } = configured(recording).key;
      const given = [arn, alarmsArn].filter((each) => each !== undefined);
      return unless(count + given.length === 2, `${count} keys are made beside ${given}`);
    },
  ),

  rule(
    'The key is rotated every year, and its deletion has the configured waiting period of at least a week',
    keys,
    ({ name, inputs }, recording) => [
      ...unless(inputs.enableKeyRotation === true, `${name} is never renewed`),
      ...unless(inputs.isEnabled !== false, `${name} is switched off`),
      ...unless(
        (inputs.deletionWindowInDays ?? 30) >= 7 &&
          inputs.deletionWindowInDays === configured(recording).key.deletionWindowDays,
        `${name} is deleted within ${inputs.deletionWindowInDays} days`,
      ),
      ...unless(
        inputs.bypassPolicyLockoutSafetyCheck !== true,
        `${name} takes a policy that locks everybody out`,
      ),
    ],
  ),

  rule(
    'The key policy names the account and the services that need it only',
    keys,
    (key, recording) => {
      const services = usesOf(key, recording).map(({ service }) => service);
      return allowing(key.inputs.policy)
        .flatMap(principalsOf)
        .filter((principal) => !isRoot(principal) && !services.includes(principal))
        .map((principal) => `${key.name} names ${principal}`);
    },
  ),

  rule(
    'Administrators of the key may not decrypt, and if there are any, nobody else administers it',
    keys,
    ({ name, inputs }, recording) => {
      const { administrators } = configured(recording).key;
      return allowing(inputs.policy).flatMap((statement) => {
        const { 'aws:PrincipalArn': arns } = statement.Condition['ArnEquals'] ?? {};
        if (arns !== undefined) {
          return [
            ...unless(arns.join() === administrators?.join(), `${name}: ${arns} administer it`),
            ...unless(!mayAny(statement, readingActions), `${name}: administrators may read`),
          ];
        }
        const mayAdminister = administrators === undefined && principalsOf(statement).every(isRoot);
        return unless(
          mayAdminister || !mayAny(statement, ownerActions),
          `${name}: ${principalsOf(statement)} may administer the key`,
        );
      });
    },
  ),

  rule(
    'A service may use the key only for resources with the name of this stack, in this account',
    keys,
    ({ name, inputs }, recording) =>
      allowing(inputs.policy)
        .filter(isService)
        .flatMap((statement) => [
          ...unless(
            patternsOf(statement).length > 0,
            `${name}: ${principalsOf(statement)} may use the key for anything`,
          ),
          ...patternsOf(statement)
            .filter(
              (pattern) =>
                !/^arn:aws:[a-z]+:eu-west-1:\d{12}:/.test(pattern) ||
                !pattern.includes(prefixOf(recording)) ||
                pattern.indexOf('*') < pattern.indexOf(prefixOf(recording)),
            )
            .map((pattern) => `${name}: ${principalsOf(statement)} may use the key for ${pattern}`),
        ]),
  ),

  rule(
    'The key allows each service to encrypt the resources of this stack: logs, alarms, event dead letters',
    (recording) =>
      keys(recording).flatMap((policy) =>
        usesOf(policy, recording).flatMap(({ things, ...served }) =>
          things(recording).map((thing) => ({ policy, served, thing })),
        ),
      ),
    ({ policy, served: { service, actions, condition }, thing }) =>
      unless(
        actions.every((action) =>
          ofService(policy, service).some(
            (statement) =>
              statement.Action.includes(action) &&
              Object.values(statement.Condition).every((keysAndValues) =>
                Object.keys(keysAndValues).every((key) => key === condition),
              ) &&
              patternsOf(statement).some((pattern) => covers(pattern, thing.known.arn)),
          ),
        ),
        `${service} may not encrypt ${thing.name}`,
      ),
  ),
];
