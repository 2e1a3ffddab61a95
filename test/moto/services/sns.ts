import {
  CreateTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { statementsOf } from '../policy-document.ts';
import { physicalName, present, provisioner, Tags, tagList, tagsOf } from '../provisioner.ts';

const topic = provisioner(
  z.strictObject({ kmsMasterKeyId: z.string(), tags: Tags }),
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
  z.strictObject({ arn: z.string(), policy: z.string() }),
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
  z.strictObject({ topic: z.string(), protocol: z.string(), endpoint: z.string() }),
  async ({ sns }, { topic: TopicArn, protocol, endpoint }) => {
    const { SubscriptionArn } = await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: protocol,
        Endpoint: endpoint,
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

/** All topics: key, the statements of their policies, who is told, tags. */
export const readTopics = async ({ sns }: Aws) => {
  const { Topics = [] } = await sns.send(new ListTopicsCommand());
  return Promise.all(
    Topics.map(async ({ TopicArn }) => {
      const [{ Attributes }, { Subscriptions = [] }, { Tags: tags }] = await Promise.all([
        sns.send(new GetTopicAttributesCommand({ TopicArn })),
        sns.send(new ListSubscriptionsByTopicCommand({ TopicArn })),
        sns.send(new ListTagsForResourceCommand({ ResourceArn: TopicArn })),
      ]);
      return {
        name: TopicArn?.split(':').at(-1),
        arn: TopicArn,
        key: Attributes?.['KmsMasterKeyId'],
        policy: statementsOf(present(Attributes?.['Policy'], 'a policy')),
        told: Subscriptions.map(({ Protocol, Endpoint }) => ({ Protocol, Endpoint })),
        tags: tagsOf(tags),
      };
    }),
  );
};
