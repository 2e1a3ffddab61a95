import * as z from 'zod';

/** The values of metrics, by name and by minute. */
export type MetricData = ReadonlyMap<string, readonly (readonly number[])[]>;

const Metric = z.object({
  metricName: z.string(),
  period: z.number(),
  stat: z.enum(['Average', 'Maximum', 'Sum', 'p99']),
});

/** The arguments of an alarm. An alarm on a metric is converted to an alarm on an expression. */
const Alarm = z.preprocess(
  (inputs) => {
    const { statistic, extendedStatistic: stat = statistic, ...others } = Object(inputs);
    return {
      metricQueries: [{ expression: 'm' }, { id: 'm', metric: { ...others, stat } }],
      ...others,
    };
  },
  z.object({
    metricQueries: z.tuple(
      [z.object({ expression: z.string() })],
      z.object({ id: z.string(), metric: Metric }),
    ),
    threshold: z.number(),
    datapointsToAlarm: z.number(),
    evaluationPeriods: z.number(),
    treatMissingData: z.enum(['notBreaching', 'ignore']),
  }),
);

/**
 * Compiles an expression of metric math to a function of its ids. The result is undefined if the expression has no
 * value, or if a metric has no data and no FILL. Our expressions use only operators that JavaScript has too, and
 * IF, FILL and MAX.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export const compileExpression = (expression: string, ids: readonly string[]) => {
  const unfilled = expression.replaceAll(/FILL\(\w+,/g, '');
  const needed = ids.filter((id) => new RegExp(`\\b${id}\\b`).test(unfilled));
  const compute = new Function('IF', 'FILL', 'MAX', ...ids, `return ${expression};`);
  const choose = (condition: boolean, one: number, other?: number) => (condition ? one : other);
  const fill = (value: number | undefined, other: number) => value ?? other;
  const greatest = (all: readonly number[]) => Math.max(...all);
  return (values: Readonly<Record<string, number | undefined>>): number | undefined =>
    needed.some((id) => values[id] === undefined)
      ? undefined
      : compute(choose, fill, greatest, ...ids.map((id) => values[id]));
};

/**
 * The minutes in which an alarm starts and ends. CloudWatch evaluates the alarm every minute, over the period that
 * ends in that minute.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 * @param inputs the arguments of the alarm
 */
export const evaluateAlarm = (inputs: unknown, data: MetricData, minutes: number) => {
  const { metricQueries, threshold, treatMissingData, ...periods } = Alarm.parse(inputs);
  const [{ expression }, ...metrics] = metricQueries;
  const ids = metrics.map(({ id }) => id);
  const period = (metrics[0]?.metric.period ?? 0) / 60;
  const evaluate = compileExpression(expression, ids);
  const valueAt = (end: number) =>
    evaluate(
      Object.fromEntries(
        metrics.map(({ id, metric: { metricName, stat } }) => {
          const values = data.get(metricName)?.slice(Math.max(0, end - period), Math.max(0, end));
          return [id, aggregate(values?.flat() ?? [], stat)];
        }),
      ),
    );
  const starts: number[] = [];
  const ends: number[] = [];
  let isOn = false;
  for (let minute = 1; minute <= minutes; minute += 1) {
    const points = Array.from({ length: periods.evaluationPeriods }, (_, back) =>
      valueAt(minute - back * period),
    );
    if (treatMissingData === 'ignore' && points.every((point) => point === undefined)) continue;
    const high = points.filter((point) => point !== undefined && point >= threshold);
    const isBreached = high.length >= periods.datapointsToAlarm;
    if (isBreached !== isOn) (isBreached ? starts : ends).push(minute);
    isOn = isBreached;
  }
  return { starts, ends };
};

/** The statistic of a period's values. Undefined if there are none. */
const aggregate = (
  values: readonly number[],
  stat: z.infer<typeof Metric>['stat'],
): number | undefined => {
  if (values.length === 0) return undefined;
  const sum = values.reduce((one, other) => one + other);
  if (stat === 'Sum') return sum;
  if (stat === 'Average') return sum / values.length;
  if (stat === 'Maximum') return Math.max(...values);
  return values.toSorted((one, other) => one - other)[Math.ceil(0.99 * values.length) - 1];
};
