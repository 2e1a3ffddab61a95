import {
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
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

export const logsProvisioners = { 'aws:cloudwatch/logGroup:LogGroup': logGroup };

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
