import {
  ComparisonOperator,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  ListDashboardsCommand,
  ListTagsForResourceCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  Statistic,
} from '@aws-sdk/client-cloudwatch';
import * as z from 'zod';
import { type Aws, account, region } from '../aws.ts';
import { provisioner, Tags, tagList, tagsOf } from '../provisioner.ts';

const Dimensions = z.record(z.string(), z.string()).optional();

const Query = z.strictObject({
  id: z.string(),
  expression: z.string().optional(),
  label: z.string().optional(),
  returnData: z.boolean().optional(),
  metric: z
    .strictObject({
      namespace: z.string(),
      metricName: z.string(),
      dimensions: Dimensions,
      period: z.number(),
      stat: z.string(),
    })
    .optional(),
});

const AlarmInputs = z.strictObject({
  name: z.string(),
  alarmDescription: z.string(),
  namespace: z.string().optional(),
  metricName: z.string().optional(),
  dimensions: Dimensions,
  statistic: z.enum(Statistic).optional(),
  extendedStatistic: z.string().optional(),
  period: z.number().optional(),
  metricQueries: z.array(Query).optional(),
  comparisonOperator: z.enum(ComparisonOperator),
  threshold: z.number(),
  datapointsToAlarm: z.number(),
  evaluationPeriods: z.number(),
  treatMissingData: z.string(),
  alarmActions: z.array(z.string()),
  okActions: z.array(z.string()),
  tags: Tags,
});

const dimensionList = (dimensions: z.infer<typeof Dimensions>) =>
  dimensions && Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

const metricAlarm = provisioner(AlarmInputs, async ({ cloudWatch }, inputs) => {
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName: inputs.name,
      AlarmDescription: inputs.alarmDescription,
      Namespace: inputs.namespace,
      MetricName: inputs.metricName,
      Dimensions: dimensionList(inputs.dimensions),
      Statistic: inputs.statistic,
      ExtendedStatistic: inputs.extendedStatistic,
      Period: inputs.period,
      Metrics: inputs.metricQueries?.map(({ id, expression, label, metric, returnData }) => ({
        Id: id,
        Expression: expression,
        Label: label,
        ReturnData: returnData ?? false,
        MetricStat: metric && {
          Metric: {
            Namespace: metric.namespace,
            MetricName: metric.metricName,
            Dimensions: dimensionList(metric.dimensions),
          },
          Period: metric.period,
          Stat: metric.stat,
        },
      })),
      ComparisonOperator: inputs.comparisonOperator,
      Threshold: inputs.threshold,
      DatapointsToAlarm: inputs.datapointsToAlarm,
      EvaluationPeriods: inputs.evaluationPeriods,
      TreatMissingData: inputs.treatMissingData,
      AlarmActions: inputs.alarmActions,
      OKActions: inputs.okActions,
      Tags: tagList(inputs.tags),
    }),
  );
  const arn = `arn:aws:cloudwatch:${region}:${account}:alarm:${inputs.name}`;
  return { id: inputs.name, state: { arn } };
});

const dashboard = provisioner(
  z.strictObject({ dashboardName: z.string(), dashboardBody: z.string() }),
  async ({ cloudWatch }, { dashboardName, dashboardBody }) => {
    const { DashboardValidationMessages = [] } = await cloudWatch.send(
      new PutDashboardCommand({ DashboardName: dashboardName, DashboardBody: dashboardBody }),
    );
    if (DashboardValidationMessages.length > 0) {
      throw new Error(JSON.stringify(DashboardValidationMessages));
    }
    return { id: dashboardName };
  },
);

export const cloudWatchProvisioners = {
  'aws:cloudwatch/metricAlarm:MetricAlarm': metricAlarm,
  'aws:cloudwatch/dashboard:Dashboard': dashboard,
};

/** All alarms on metrics: what they watch, what they do, tags. */
export const readAlarms = async ({ cloudWatch }: Aws) => {
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand());
  return Promise.all(
    MetricAlarms.map(async (alarm) => {
      const { Tags: tags } = await cloudWatch.send(
        new ListTagsForResourceCommand({ ResourceARN: alarm.AlarmArn }),
      );
      return {
        name: alarm.AlarmName,
        arn: alarm.AlarmArn,
        description: alarm.AlarmDescription,
        enabled: alarm.ActionsEnabled,
        begins: alarm.AlarmActions,
        ends: alarm.OKActions,
        metric: alarm.MetricName,
        namespace: alarm.Namespace,
        queries: alarm.Metrics,
        dimensions: Object.fromEntries(
          (alarm.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]),
        ),
        threshold: alarm.Threshold,
        tags: tagsOf(tags),
      };
    }),
  );
};

/** All dashboards, parsed. */
export const readDashboards = async ({ cloudWatch }: Aws) => {
  const { DashboardEntries = [] } = await cloudWatch.send(new ListDashboardsCommand());
  return Promise.all(
    DashboardEntries.map(async ({ DashboardName }) => {
      const { DashboardBody } = await cloudWatch.send(new GetDashboardCommand({ DashboardName }));
      return { name: DashboardName, body: JSON.parse(DashboardBody ?? '') };
    }),
  );
};
