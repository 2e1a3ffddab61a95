import {
  CreateEventBusCommand,
  CreatePartnerEventSourceCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { account } from '../aws.ts';
import { capitalize, physicalName, present, provisioner, Tags, tagList } from '../provisioner.ts';

const eventBus = provisioner(
  { name: z.string(), eventSourceName: z.string(), tags: Tags },
  async ({ eventBridge }, { name, eventSourceName, tags }) => {
    // The partner creates this source when its customer asks for it. The bus cannot exist before.
    await eventBridge.send(
      new CreatePartnerEventSourceCommand({ Name: eventSourceName, Account: account }),
    );
    // AWS needs the name of the source. moto finds a bus by the part after the last slash.
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
    name: z.string().optional(),
    description: z.string(),
    eventBusName: z.string().optional(),
    eventPattern: z.string().optional(),
    scheduleExpression: z.string().optional(),
    tags: Tags,
  },
  async ({ eventBridge }, inputs, logicalName) => {
    const { name = physicalName(logicalName) } = inputs;
    const { RuleArn } = await eventBridge.send(
      new PutRuleCommand({ ...capitalize(inputs), Name: name, Tags: tagList(inputs.tags) }),
    );
    const id = `${inputs.eventBusName ?? 'default'}/${name}`;
    return { id, state: { name, arn: present(RuleArn, 'the ARN of a rule') } };
  },
);

const eventTarget = provisioner(
  {
    eventBusName: z.string().optional(),
    rule: z.string(),
    arn: z.string(),
    input: z.string().optional(),
    retryPolicy: z
      .strictObject({ maximumEventAgeInSeconds: z.number(), maximumRetryAttempts: z.number() })
      .optional(),
    deadLetterConfig: z.strictObject({ arn: z.string() }).optional(),
  },
  async ({ eventBridge }, { arn, input, retryPolicy, deadLetterConfig, ...inputs }, name) => {
    const target = {
      Id: name,
      Arn: arn,
      Input: input,
      RetryPolicy: retryPolicy && capitalize(retryPolicy),
      DeadLetterConfig: deadLetterConfig && capitalize(deadLetterConfig),
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
