import {
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeMetricFiltersCommand,
  ListTagsForResourceCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { physicalName, present, provisioner, Tags } from '../provisioner.ts';

const LogGroupInputs = z.strictObject({
  namePrefix: z.string().optional(),
  retentionInDays: z.number(),
  kmsKeyId: z.string(),
  tags: Tags,
});

/** CloudWatch Logs tells the ARN of all streams of a group. */
const groupArn = (arn: string | undefined): string =>
  present(arn, 'the ARN of a log group').replace(/:\*$/, '');

const logGroup = provisioner(LogGroupInputs, async ({ logs }, inputs, name) => {
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
  const arn = groupArn(logGroups[0]?.arn);
  return { id: logGroupName, state: { name: logGroupName, arn } };
});

const MetricFilterInputs = z.strictObject({
  logGroupName: z.string(),
  pattern: z.string(),
  metricTransformation: z.strictObject({
    namespace: z.string(),
    name: z.string(),
    value: z.string(),
    unit: z.literal('Count'),
  }),
});

const metricFilter = provisioner(MetricFilterInputs, async ({ logs }, inputs, name) => {
  const { logGroupName, pattern, metricTransformation } = inputs;
  const filterName = physicalName(name);
  const { name: metricName, namespace, unit, value } = metricTransformation;
  await logs.send(
    new PutMetricFilterCommand({
      logGroupName,
      filterName,
      filterPattern: pattern,
      metricTransformations: [{ metricName, metricNamespace: namespace, metricValue: value, unit }],
    }),
  );
  return { id: filterName, state: { name: filterName } };
});

export const logsProvisioners = {
  'aws:cloudwatch/logGroup:LogGroup': logGroup,
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': metricFilter,
};

/** All metrics that are made of logs: of which group, of which lines, and what they are called. */
export const readMetricFilters = async ({ logs }: Aws) => {
  const { metricFilters = [] } = await logs.send(new DescribeMetricFiltersCommand());
  return metricFilters.map(({ filterPattern, logGroupName, metricTransformations = [] }) => ({
    group: logGroupName,
    pattern: filterPattern,
    metrics: metricTransformations.map(({ metricName, metricNamespace }) => ({
      namespace: metricNamespace,
      name: metricName,
    })),
  }));
};

/** All log groups: retention, key, tags. */
export const readLogGroups = async ({ logs }: Aws) => {
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand());
  return Promise.all(
    logGroups.map(async ({ arn, kmsKeyId, logGroupName, retentionInDays }) => {
      const resourceArn = groupArn(arn);
      const { tags } = await logs.send(new ListTagsForResourceCommand({ resourceArn }));
      return {
        name: logGroupName,
        arn: resourceArn,
        retentionDays: retentionInDays,
        key: kmsKeyId,
        tags,
      };
    }),
  );
};
