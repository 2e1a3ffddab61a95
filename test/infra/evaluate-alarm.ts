import * as z from 'zod';

/** The values of metrics by name and by minute. */
export type MetricData = ReadonlyMap<string, readonly (readonly number[])[]>;

const Metric = z.object({
  metricName: z.string(),
  period: z.number(),
  stat: z.enum(['Sum', 'Maximum']),
});

/** The arguments of an alarm on an expression. */
const Alarm = z.object({
  metricQueries: z.tuple(
    [z.object({ expression: z.string() })],
    z.object({ id: z.string(), metric: Metric }),
  ),
  threshold: z.number(),
  evaluationPeriods: z.literal(1),
  treatMissingData: z.enum(['notBreaching', 'ignore']),
});

/**
 * Makes a function of an expression of metric math and its ids. Its value is undefined if the expression has none, or
 * if a metric has no data that it does not fill. Ours have only operators that JavaScript has too, IF and FILL.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export const compileExpression = (expression: string, ids: readonly string[]) => {
  const unfilled = expression.replaceAll(/FILL\(\w+,/g, '');
  const needed = ids.filter((id) => new RegExp(`\\b${id}\\b`).test(unfilled));
  const compute = new Function('IF', 'FILL', ...ids, `return ${expression};`);
  const choose = (condition: boolean, one: number, other?: number) => (condition ? one : other);
  const fill = (value: number | undefined, other: number) => value ?? other;
  return (values: Readonly<Record<string, number | undefined>>): number | undefined =>
    needed.some((id) => values[id] === undefined)
      ? undefined
      : compute(choose, fill, ...ids.map((id) => values[id]));
};

/**
 * The minutes in which an alarm starts and ends. CloudWatch evaluates it every minute, over a period that ends then.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 * @param inputs the arguments of the alarm
 */
export const evaluateAlarm = (inputs: unknown, data: MetricData, minutes: number) => {
  const { metricQueries, threshold, treatMissingData } = Alarm.parse(inputs);
  const [{ expression }, ...metrics] = metricQueries;
  const ids = metrics.map(({ id }) => id);
  const evaluate = compileExpression(expression, ids);
  const valueAt = ({ metricName, period, stat }: z.infer<typeof Metric>, minute: number) => {
    const values = data
      .get(metricName)
      ?.slice(Math.max(0, minute - period / 60), minute)
      .flat();
    if (!values?.length) return undefined;
    return stat === 'Sum' ? values.reduce((sum, value) => sum + value) : Math.max(...values);
  };
  const starts: number[] = [];
  const ends: number[] = [];
  let isOn = false;
  for (let minute = 1; minute <= minutes; minute += 1) {
    const value = evaluate(
      Object.fromEntries(metrics.map(({ id, metric }) => [id, valueAt(metric, minute)])),
    );
    if (value === undefined && treatMissingData === 'ignore') continue;
    const isBreached = value !== undefined && value >= threshold;
    if (isBreached !== isOn) (isBreached ? starts : ends).push(minute);
    isOn = isBreached;
  }
  return { starts, ends };
};
