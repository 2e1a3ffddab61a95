import { ComparisonOperator, Statistic } from '@aws-sdk/client-cloudwatch';
import * as z from 'zod';

const metric = {
  namespace: z
    .string()
    .regex(/^[\w.\-/#:]{1,255}$/)
    .optional(),
  metricName: z.string().min(1).max(255).optional(),
  dimensions: z.record(z.string().max(255), z.string().min(1).max(1024)).optional(),
  period: z.int().min(60).multipleOf(60).optional(),
};

/** Percentiles as CloudWatch writes them. */
const percentile = z.string().regex(/^p(100|\d{1,2}(\.\d{1,10})?)$/);

const MetricQuery = z
  .object({
    id: z.string().regex(/^[a-z]\w{0,254}$/),
    expression: z.string().max(2048).optional(),
    metric: z.object({ ...metric, stat: z.union([z.enum(Statistic), percentile]) }).optional(),
    returnData: z.boolean().optional(),
  })
  .refine((query) => (query.expression === undefined) !== (query.metric === undefined), {
    error: 'must be an expression or a metric',
  });

/**
 * The arguments of a metric alarm as CloudWatch accepts them.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
export const MetricAlarm = z
  .object({
    ...metric,
    name: z.string().min(1).max(255),
    alarmDescription: z.string().max(1024),
    comparisonOperator: z.enum(ComparisonOperator),
    statistic: z.enum(Statistic).optional(),
    extendedStatistic: percentile.optional(),
    metricQueries: z.array(MetricQuery).max(20).optional(),
    evaluationPeriods: z.int().min(1).max(1440),
    datapointsToAlarm: z.int().min(1).max(1440),
    treatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']),
    alarmActions: z.array(z.string().startsWith('arn:')).max(5),
    okActions: z.array(z.string().startsWith('arn:')).max(5),
  })
  .refine(
    (alarm) =>
      [alarm.statistic, alarm.extendedStatistic, alarm.metricQueries].filter(Boolean).length === 1,
    'needs one statistic, or expressions',
  )
  .refine(
    ({ metricQueries }) =>
      metricQueries === undefined ||
      metricQueries.filter(({ returnData }) => returnData === true).length === 1,
    'needs one query that returns data',
  )
  .refine(
    ({ metricQueries, namespace, metricName, period }) =>
      (metricQueries === undefined) ===
      (namespace !== undefined && metricName !== undefined && period !== undefined),
    'needs a metric and a period, or queries that have them',
  )
  .refine(
    ({ datapointsToAlarm, evaluationPeriods }) => datapointsToAlarm <= evaluationPeriods,
    'needs more periods than data points',
  )
  .refine(
    ({ metricQueries = [], evaluationPeriods, period = 0 }) =>
      [period, ...metricQueries.map((query) => query.metric?.period ?? 0)].every(
        (seconds) => seconds * evaluationPeriods <= 86_400,
      ),
    'looks back more than a day',
  );
