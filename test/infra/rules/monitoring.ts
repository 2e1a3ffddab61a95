import type { Recording } from '../../../tools/engine/record-resources.ts';
import { allowing } from './policy.ts';
import { alarms, functions, logGroups, queues, topicPolicies, topics } from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { configured } from './stack-settings.ts';

const hasAlarm = (metricName: string, dimension: string, recording: Recording): boolean =>
  alarms(recording)
    .flatMap(({ inputs }) => [inputs, ...inputs.metricQueries.map(({ metric }) => metric)])
    .some(
      (metric) =>
        metric?.metricName === metricName && Object.values(metric.dimensions).includes(dimension),
    );

export const monitoring: readonly Rule[] = [
  rule(
    'Every log group has the configured retention period',
    logGroups,
    ({ name, inputs }, recording) =>
      unless(
        inputs.retentionInDays === configured(recording).logs.retentionDays,
        `${name} keeps logs for ${inputs.retentionInDays ?? 'all'} days`,
      ),
  ),

  rule(
    'Every alarm publishes to the topic of the stack when it starts and when it ends',
    alarms,
    ({ name, inputs }, recording) => {
      const topic = topics(recording)
        .map(({ known }) => known.arn)
        .join();
      return unless(
        inputs.actionsEnabled !== false &&
          inputs.alarmActions.includes(topic) &&
          inputs.okActions.includes(topic),
        `${name} tells ${inputs.alarmActions.join() || 'nobody'}, and ${inputs.okActions.join() || 'nobody'} of its end`,
      );
    },
  ),

  rule(
    'The description of every alarm ends with a link to a heading of the runbook',
    alarms,
    ({ name, inputs }, recording) => {
      const [meaning = '', heading = ''] = inputs.alarmDescription.split(
        ` ${configured(recording).alarms.runbookUrl}#`,
      );
      return unless(
        meaning.endsWith('.') && /^[a-z0-9-]+$/.test(heading),
        `${name} says: ${inputs.alarmDescription}`,
      );
    },
  ),

  rule(
    'Only alarms of this stack may publish to the topic',
    topics,
    ({ name, known }, recording) => {
      const allowed = topicPolicies(recording)
        .filter(({ inputs }) => inputs.arn === known.arn)
        .flatMap(({ inputs }) => allowing(inputs.policy));
      const from = allowed.flatMap(
        ({ Condition }) =>
          Condition['ArnLike']?.['aws:SourceArn'] ??
          Condition['ArnEquals']?.['aws:SourceArn'] ??
          [],
      );
      return [
        ...allowed.flatMap(({ Principal, Action, Resource }) =>
          unless(
            JSON.stringify(Principal) === '{"Service":["cloudwatch.amazonaws.com"]}' &&
              Action.join() === 'sns:Publish' &&
              Resource.join() === known.arn,
            `${name} allows ${Action} on ${Resource} to ${JSON.stringify(Principal)}`,
          ),
        ),
        ...unless(
          allowed.length === 1 &&
            from.toSorted().join() ===
              alarms(recording)
                .map((alarm) => alarm.known.arn)
                .toSorted()
                .join(),
          `${name} takes messages from ${from.join() || 'anywhere'}`,
        ),
      ];
    },
  ),

  rule(
    'Only the configured address subscribes to the topic',
    topics,
    ({ name, known }, recording) => {
      const { email } = configured(recording).alarms;
      const told = recording.resources
        .filter(({ type }) => type === 'aws:sns/topicSubscription:TopicSubscription')
        .filter(({ inputs }) => inputs['topic'] === known.arn)
        .map(({ inputs }) => inputs['endpoint']);
      return unless(told.join() === (email ?? ''), `${name} tells ${told.join() || 'nobody'}`);
    },
  ),

  rule(
    'Every dead-letter queue has an alarm',
    (recording) => queues(recording).filter(({ inputs }) => inputs.redrivePolicy === undefined),
    ({ name, known }, recording) =>
      unless(
        hasAlarm('ApproximateNumberOfMessagesVisible', known.name, recording),
        `no alarm notifies anybody of messages in ${name}`,
      ),
  ),

  rule('Every function has an alarm for its errors', functions, ({ name, known }, recording) =>
    unless(
      hasAlarm('Errors', known.name, recording),
      `no alarm notifies anybody when ${name} fails`,
    ),
  ),
];
