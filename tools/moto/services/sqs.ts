import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { physicalName, present, provisioner, Tags } from '../provisioner.ts';

const attributesOf = async ({ sqs }: Aws, queueUrl: string) =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] })))
    .Attributes ?? {};

const queue = provisioner(
  {
    visibilityTimeoutSeconds: z.number().optional(),
    messageRetentionSeconds: z.number(),
    maxMessageSize: z.number().optional(),
    kmsMasterKeyId: z.string(),
    redrivePolicy: z.string().optional(),
    tags: Tags,
  },
  async (aws, inputs, name) => {
    const attributes = {
      VisibilityTimeout: inputs.visibilityTimeoutSeconds,
      MessageRetentionPeriod: inputs.messageRetentionSeconds,
      MaximumMessageSize: inputs.maxMessageSize,
      KmsMasterKeyId: inputs.kmsMasterKeyId,
      RedrivePolicy: inputs.redrivePolicy,
    };
    const { QueueUrl } = await aws.sqs.send(
      new CreateQueueCommand({
        QueueName: physicalName(name),
        Attributes: Object.fromEntries(
          Object.entries(attributes).flatMap(([key, value]) =>
            value === undefined ? [] : [[key, String(value)]],
          ),
        ),
        tags: inputs.tags,
      }),
    );
    const url = present(QueueUrl, 'the URL of a queue');
    const { QueueArn } = await attributesOf(aws, url);
    return { id: url, state: { name: physicalName(name), url, arn: QueueArn } };
  },
);

const queuePolicy = provisioner(
  { queueUrl: z.string(), policy: z.string() },
  async ({ sqs }, { queueUrl, policy }) => {
    await sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { Policy: policy } }),
    );
    return { id: queueUrl };
  },
);

const redriveAllowPolicy = provisioner(
  { queueUrl: z.string(), redriveAllowPolicy: z.string() },
  async (aws, { queueUrl, redriveAllowPolicy: policy }) => {
    // AWS keeps attributes that a request does not name. moto removes a policy that is not named again.
    const { Policy } = await attributesOf(aws, queueUrl);
    await aws.sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: queueUrl,
        Attributes: { RedriveAllowPolicy: policy, ...(Policy !== undefined && { Policy }) },
      }),
    );
    return { id: queueUrl };
  },
);

export const sqsProvisioners = {
  'aws:sqs/queue:Queue': queue,
  'aws:sqs/queuePolicy:QueuePolicy': queuePolicy,
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': redriveAllowPolicy,
};
