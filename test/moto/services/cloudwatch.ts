import {
  ComparisonOperator,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  ListDashboardsCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  Statistic,
} from '@aws-sdk/client-cloudwatch';
import * as z from 'zod';
import { type Aws, account, region } from '../aws.ts';
import { capitalize, provisioner, Tags, tagList } from '../provisioner.ts';

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

const dimensionList = (dimensions: z.infer<typeof Dimensions>) =>
  dimensions && Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

const metricAlarm = provisioner(
  {
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
  },
  async ({ cloudWatch }, { name, okActions, metricQueries, ...inputs }) => {
    await cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: name,
        OKActions: okActions,
        ...capitalize(inputs),
        Dimensions: dimensionList(inputs.dimensions),
        Metrics: metricQueries?.map(({ metric, returnData = false, ...query }) => ({
          ...capitalize({ ...query, returnData }),
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
        Tags: tagList(inputs.tags),
      }),
    );
    return { id: name, state: { arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}` } };
  },
);

const dashboard = provisioner(
  { dashboardName: z.string(), dashboardBody: z.string() },
  async ({ cloudWatch }, inputs) => {
    const { DashboardValidationMessages = [] } = await cloudWatch.send(
      new PutDashboardCommand(capitalize(inputs)),
    );
    if (DashboardValidationMessages.length > 0) {
      throw new Error(JSON.stringify(DashboardValidationMessages));
    }
    return { id: inputs.dashboardName };
  },
);

export const cloudWatchProvisioners = {
  'aws:cloudwatch/metricAlarm:MetricAlarm': metricAlarm,
  'aws:cloudwatch/dashboard:Dashboard': dashboard,
};

/** All alarms on metrics, with what they watch. */
export async function readAlarms({ cloudWatch }: Aws) {
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand());
  return MetricAlarms.map((alarm) => ({
    name: alarm.AlarmName,
    arn: alarm.AlarmArn,
    metric: alarm.MetricName,
    namespace: alarm.Namespace,
    dimensions: [
      ...(alarm.Dimensions ?? []),
      ...(alarm.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? []),
    ],
  }));
}

/** All dashboards, by their bodies. */
export async function readDashboards({ cloudWatch }: Aws) {
  const { DashboardEntries = [] } = await cloudWatch.send(new ListDashboardsCommand());
  return Promise.all(
    DashboardEntries.map(async ({ DashboardName }) => {
      const { DashboardBody } = await cloudWatch.send(new GetDashboardCommand({ DashboardName }));
      return { name: DashboardName, body: DashboardBody };
    }),
  );
}
