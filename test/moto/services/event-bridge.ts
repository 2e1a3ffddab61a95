import {
  CreateEventBusCommand,
  CreatePartnerEventSourceCommand,
  ListEventBusesCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { type Aws, account } from '../aws.ts';
import { capitalize, present, provisioner, Tags, tagList } from '../provisioner.ts';

const eventBus = provisioner(
  { name: z.string(), eventSourceName: z.string(), tags: Tags },
  async ({ eventBridge }, { name, eventSourceName, tags }) => {
    // What the partner does when its customer asks for it. The bus cannot be made before.
    await eventBridge.send(
      new CreatePartnerEventSourceCommand({ Name: eventSourceName, Account: account }),
    );
    // AWS wants the name of the source. moto looks for a bus by what follows the last slash.
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

const eventRule = provisioner(
  {
    name: z.string(),
    description: z.string(),
    eventBusName: z.string(),
    eventPattern: z.string(),
    tags: Tags,
  },
  async ({ eventBridge }, inputs) => {
    const { RuleArn } = await eventBridge.send(
      new PutRuleCommand({ ...capitalize(inputs), Tags: tagList(inputs.tags) }),
    );
    const id = `${inputs.eventBusName}/${inputs.name}`;
    return { id, state: { arn: present(RuleArn, 'the ARN of a rule') } };
  },
);

const eventTarget = provisioner(
  {
    eventBusName: z.string(),
    rule: z.string(),
    arn: z.string(),
    retryPolicy: z.strictObject({
      maximumEventAgeInSeconds: z.number(),
      maximumRetryAttempts: z.number(),
    }),
    deadLetterConfig: z.strictObject({ arn: z.string() }),
  },
  async ({ eventBridge }, { arn, retryPolicy, deadLetterConfig, ...inputs }, name) => {
    const target = {
      Id: name,
      Arn: arn,
      RetryPolicy: capitalize(retryPolicy),
      DeadLetterConfig: capitalize(deadLetterConfig),
    };
    const { FailedEntryCount, FailedEntries } = await eventBridge.send(
      new PutTargetsCommand({ ...capitalize(inputs), Targets: [target] }),
    );
    if (FailedEntryCount !== 0) throw new Error(JSON.stringify(FailedEntries));
    return { id: name };
  },
);

export const eventBridgeProvisioners = {
  'aws:cloudwatch/eventBus:EventBus': eventBus,
  'aws:cloudwatch/eventRule:EventRule': eventRule,
  'aws:cloudwatch/eventTarget:EventTarget': eventTarget,
};

/** The rules of all buses but the default one, with their targets. */
export async function readEventRules({ eventBridge }: Aws) {
  const { EventBuses = [] } = await eventBridge.send(new ListEventBusesCommand());
  const rules = await Promise.all(
    EventBuses.filter(({ Name }) => Name !== 'default').map(async ({ Name: EventBusName }) => {
      const { Rules = [] } = await eventBridge.send(new ListRulesCommand({ EventBusName }));
      return Promise.all(
        Rules.map(async ({ Name, Arn, State, EventPattern = '' }) => {
          const { Targets = [] } = await eventBridge.send(
            new ListTargetsByRuleCommand({ EventBusName, Rule: Name }),
          );
          const pattern = JSON.parse(EventPattern);
          return { name: Name, arn: Arn, state: State, pattern, targets: Targets };
        }),
      );
    }),
  );
  return rules.flat();
}
