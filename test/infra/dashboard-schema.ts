import * as z from 'zod';

const Rendering = z.strictObject({
  stat: z.string().optional(),
  id: z
    .string()
    .regex(/^[a-z][a-zA-Z0-9_]*$/)
    .optional(),
  label: z.string().optional(),
  visible: z.literal(false).optional(),
  expression: z.string().max(2047).optional(),
});

/** `[namespace, name, dimension, value, …, rendering]` */
const Line = z
  .array(z.union([z.string(), Rendering]))
  .min(1)
  .transform((parts) => {
    const texts = parts.filter((part) => typeof part === 'string');
    const rendering = Rendering.parse(parts.at(-1));
    const [namespace = '', metricName = '', ...dimensions] = texts;
    return {
      ...rendering,
      namespace,
      metricName,
      dimensions: Object.fromEntries(
        dimensions.flatMap((name, index) =>
          index % 2 === 0 ? [[name, dimensions[index + 1] ?? '']] : [],
        ),
      ),
    };
  });

const place = {
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  width: z.int().min(1).max(24),
  height: z.int().min(1).max(1000),
};

const TextWidget = z.strictObject({
  ...place,
  type: z.literal('text'),
  properties: z.strictObject({ markdown: z.string().min(1) }),
});

const AlarmWidget = z.strictObject({
  ...place,
  type: z.literal('alarm'),
  properties: z.strictObject({
    title: z.string(),
    alarms: z.array(z.string().startsWith('arn:')).min(1).max(100),
  }),
});

const MetricWidget = z.strictObject({
  ...place,
  type: z.literal('metric'),
  properties: z.strictObject({
    title: z.string().max(255),
    region: z.string(),
    view: z.literal('timeSeries'),
    stacked: z.boolean(),
    period: z.int().min(60).multipleOf(60),
    metrics: z.array(Line).min(1).max(500),
    yAxis: z.strictObject({
      left: z.strictObject({ min: z.number(), showUnits: z.boolean(), label: z.string() }),
    }),
    annotations: z
      .strictObject({
        horizontal: z.array(z.strictObject({ label: z.string(), value: z.number() })),
      })
      .optional(),
  }),
});

/**
 * The body of a dashboard as CloudWatch accepts it, as far as we use it.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export const DashboardBody = z.strictObject({
  start: z.string().regex(/^-PT?\d+[HDM]$/),
  periodOverride: z.enum(['auto', 'inherit']),
  widgets: z.array(z.discriminatedUnion('type', [TextWidget, AlarmWidget, MetricWidget])).max(500),
});
