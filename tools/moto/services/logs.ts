import {
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import { physicalName, present, provisioner, Tags } from '../provisioner.ts';

const logGroup = provisioner(
  {
    namePrefix: z.string().optional(),
    retentionInDays: z.number(),
    kmsKeyId: z.string(),
    tags: Tags,
  },
  async ({ logs }, inputs, name) => {
    const logGroupName =
      inputs.namePrefix === undefined ? physicalName(name) : `${inputs.namePrefix}0a1b2c3`;
    await logs.send(
      new CreateLogGroupCommand({ logGroupName, kmsKeyId: inputs.kmsKeyId, tags: inputs.tags }),
    );
    await logs.send(
      new PutRetentionPolicyCommand({ logGroupName, retentionInDays: inputs.retentionInDays }),
    );
    const { logGroups = [] } = await logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
    );
    // CloudWatch Logs returns the ARN of all streams of a group.
    const arn = present(logGroups[0]?.arn, 'the ARN of a log group').replace(/:\*$/, '');
    return { id: logGroupName, state: { name: logGroupName, arn } };
  },
);

const metricFilter = provisioner(
  {
    logGroupName: z.string(),
    pattern: z.string(),
    metricTransformation: z.strictObject({
      namespace: z.string(),
      name: z.string(),
      value: z.string(),
      unit: z.literal('Count'),
    }),
  },
  async ({ logs }, inputs, name) => {
    const { logGroupName, pattern, metricTransformation } = inputs;
    const filterName = physicalName(name);
    const { name: metricName, namespace, unit, value } = metricTransformation;
    await logs.send(
      new PutMetricFilterCommand({
        logGroupName,
        filterName,
        filterPattern: pattern,
        metricTransformations: [
          { metricName, metricNamespace: namespace, metricValue: value, unit },
        ],
      }),
    );
    return { id: filterName, state: { name: filterName } };
  },
);

export const logsProvisioners = {
  'aws:cloudwatch/logGroup:LogGroup': logGroup,
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': metricFilter,
};
