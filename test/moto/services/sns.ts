import {
  CreateTopicCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import * as z from 'zod';
import { capitalize, physicalName, present, provisioner, Tags, tagList } from '../provisioner.ts';

const topic = provisioner(
  { kmsMasterKeyId: z.string(), tags: Tags },
  async ({ sns }, { kmsMasterKeyId, tags }, name) => {
    const { TopicArn } = await sns.send(
      new CreateTopicCommand({
        Name: physicalName(name),
        Attributes: { KmsMasterKeyId: kmsMasterKeyId },
        Tags: tagList(tags),
      }),
    );
    const arn = present(TopicArn, 'the ARN of a topic');
    return { id: arn, state: { arn, name: physicalName(name) } };
  },
);

const topicPolicy = provisioner(
  { arn: z.string(), policy: z.string() },
  async ({ sns }, { arn, policy }) => {
    await sns.send(
      new SetTopicAttributesCommand({
        TopicArn: arn,
        AttributeName: 'Policy',
        AttributeValue: policy,
      }),
    );
    return { id: arn };
  },
);

const topicSubscription = provisioner(
  { topic: z.string(), protocol: z.string(), endpoint: z.string() },
  async ({ sns }, { topic: TopicArn, ...inputs }) => {
    const { SubscriptionArn } = await sns.send(
      new SubscribeCommand({
        TopicArn,
        ...capitalize(inputs),
        ReturnSubscriptionArn: true,
      }),
    );
    return { id: present(SubscriptionArn, 'the ARN of a subscription') };
  },
);

export const snsProvisioners = {
  'aws:sns/topic:Topic': topic,
  'aws:sns/topicPolicy:TopicPolicy': topicPolicy,
  'aws:sns/topicSubscription:TopicSubscription': topicSubscription,
};
