import { actionOf } from '../../../fixtures/aws/actions.ts';
import type { Recording } from '../../../tools/engine/record-resources.ts';
import { allowing, hasWildcard, principalsOf, type Statement } from './policy.ts';
import {
  eventRules,
  keys,
  queuePolicies,
  queues,
  rolePolicies,
  roles,
  topicPolicies,
} from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';

/** Every policy of the program, of any resource. */
const policies = (recording: Recording) => [
  ...[
    ...rolePolicies(recording),
    ...keys(recording),
    ...queuePolicies(recording),
    ...topicPolicies(recording),
  ].map(({ name, inputs }) => ({ name, statements: inputs.policy })),
  ...roles(recording).map(({ name, inputs }) => ({ name, statements: inputs.assumeRolePolicy })),
];

/**
 * That an account owns its key, as AWS writes it into each new key.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
const ownsKey = ({ Action, Principal }: Statement): boolean =>
  Action.join() === 'kms:*' && /^arn:aws:iam::\d{12}:root$/.test(String(Principal['AWS']));

export const everyPolicy: readonly Rule[] = [
  rule(
    'Every action in a policy exists in AWS, or is a denied wildcard',
    policies,
    async ({ name, statements }) => {
      const problems = statements.flatMap((statement) =>
        statement.Action.map(async (action) => {
          if (hasWildcard(action)) {
            const isDenied = statement.Effect === 'Deny';
            return unless(isDenied || ownsKey(statement), `${name} allows ${action}`);
          }
          const listed = await actionOf(action);
          return unless(listed !== undefined, `${name}: AWS knows no action ${action}`);
        }),
      );
      return (await Promise.all(problems)).flat();
    },
  ),

  rule('No policy allows anything to everybody', policies, ({ name, statements }) =>
    unless(
      allowing(statements).every((statement) => !principalsOf(statement).some(hasWildcard)),
      `${name} allows ${allowing(statements).flatMap(({ Action }) => Action)} to everybody`,
    ),
  ),

  rule(
    'A queue policy allows only rules of this stack to send to that queue',
    queuePolicies,
    ({ name, inputs }, recording) => {
      const queue = queues(recording).find(({ known }) => known.url === inputs.queueUrl);
      const rules = eventRules(recording).map(({ known }) => known.arn);
      return allowing(inputs.policy).flatMap(({ Principal, Action, Resource, Condition }) => {
        const from = Condition['ArnEquals']?.['aws:SourceArn'] ?? [];
        return unless(
          JSON.stringify(Principal) === '{"Service":["events.amazonaws.com"]}' &&
            Action.join() === 'sqs:SendMessage' &&
            Resource.join() === queue?.known.arn &&
            from.length > 0 &&
            from.every((arn) => rules.includes(arn)),
          `${name} allows ${Action} to ${Object.values(Principal)} from ${from.join() || 'anywhere'}`,
        );
      });
    },
  ),
];
