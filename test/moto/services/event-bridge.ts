import {
  CreateEventBusCommand,
  CreatePartnerEventSourceCommand,
  ListEventBusesCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { type Aws, account } from '../aws.ts';
import { present, provisioner, Tags, tagList, tagsOf } from '../provisioner.ts';

const eventBus = provisioner(
  z.strictObject({ name: z.string(), eventSourceName: z.string(), tags: Tags }),
  async ({ eventBridge }, { name, eventSourceName, tags }) => {
    // What the partner does when its customer asks for it. The bus cannot be made before.
    await eventBridge.send(
      new CreatePartnerEventSourceCommand({ Name: eventSourceName, Account: account }),
    );
    // AWS wants the name of the source. moto looks for a bus by what stands behind the last slash.
    const { EventBusArn } = await eventBridge.send(
      new CreateEventBusCommand({
        Name: name.split('/').at(-1),
        EventSourceName: eventSourceName,
        Tags: tagList(tags),
      }),
    );
    return { id: name, state: { arn: present(EventBusArn, 'the ARN of a bus') } };
  },
);

const RuleInputs = z.strictObject({
  name: z.string(),
  description: z.string(),
  eventBusName: z.string(),
  eventPattern: z.string(),
  tags: Tags,
});

const eventRule = provisioner(RuleInputs, async ({ eventBridge }, inputs) => {
  const { RuleArn } = await eventBridge.send(
    new PutRuleCommand({
      Name: inputs.name,
      Description: inputs.description,
      EventBusName: inputs.eventBusName,
      EventPattern: inputs.eventPattern,
      Tags: tagList(inputs.tags),
    }),
  );
  return {
    id: `${inputs.eventBusName}/${inputs.name}`,
    state: { arn: present(RuleArn, 'the ARN of a rule') },
  };
});

const TargetInputs = z.strictObject({
  eventBusName: z.string(),
  rule: z.string(),
  arn: z.string(),
  retryPolicy: z.strictObject({
    maximumEventAgeInSeconds: z.number(),
    maximumRetryAttempts: z.number(),
  }),
  deadLetterConfig: z.strictObject({ arn: z.string() }),
});

const eventTarget = provisioner(TargetInputs, async ({ eventBridge }, inputs, name) => {
  const { FailedEntryCount, FailedEntries } = await eventBridge.send(
    new PutTargetsCommand({
      EventBusName: inputs.eventBusName,
      Rule: inputs.rule,
      Targets: [
        {
          Id: name,
          Arn: inputs.arn,
          RetryPolicy: {
            MaximumEventAgeInSeconds: inputs.retryPolicy.maximumEventAgeInSeconds,
            MaximumRetryAttempts: inputs.retryPolicy.maximumRetryAttempts,
          },
          DeadLetterConfig: { Arn: inputs.deadLetterConfig.arn },
        },
      ],
    }),
  );
  if (FailedEntryCount !== 0) throw new Error(JSON.stringify(FailedEntries));
  return { id: name };
});

export const eventBridgeProvisioners = {
  'aws:cloudwatch/eventBus:EventBus': eventBus,
  'aws:cloudwatch/eventRule:EventRule': eventRule,
  'aws:cloudwatch/eventTarget:EventTarget': eventTarget,
};

/** All buses but the one that each account has: their rules and targets, tags. */
export const readBuses = async ({ eventBridge }: Aws) => {
  const { EventBuses = [] } = await eventBridge.send(new ListEventBusesCommand());
  return Promise.all(
    EventBuses.filter(({ Name }) => Name !== 'default').map(async ({ Arn, Name }) => {
      const [{ Rules = [] }, { Tags: tags }] = await Promise.all([
        eventBridge.send(new ListRulesCommand({ EventBusName: Name })),
        eventBridge.send(new ListTagsForResourceCommand({ ResourceARN: Arn })),
      ]);
      const rules = Rules.map(async (rule) => {
        const { Targets } = await eventBridge.send(
          new ListTargetsByRuleCommand({ EventBusName: Name, Rule: rule.Name }),
        );
        return {
          name: rule.Name,
          arn: rule.Arn,
          state: rule.State,
          pattern: JSON.parse(rule.EventPattern ?? ''),
          targets: Targets,
        };
      });
      return { name: Name, arn: Arn, rules: await Promise.all(rules), tags: tagsOf(tags) };
    }),
  );
};
