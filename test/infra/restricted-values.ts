import * as z from 'zod';

const days = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const integer = (least: number, most: number) => z.int().min(least).max(most);

const named = (most: number) => z.string().max(most - 'fabcdef-'.length);

/**
 * What AWS takes where the types of `@pulumi/aws` say no more than `string` or `number`: by resource
 * type, out of the API reference of each service. Names leave room for what Pulumi adds to them.
 */
export const restrictedValues: Record<string, z.ZodType> = {
  'aws:lambda/function:Function': z.object({
    name: named(64),
    inputs: z.object({
      runtime: z.enum(['nodejs22.x', 'nodejs24.x']),
      architectures: z.tuple([z.enum(['arm64', 'x86_64'])]),
      handler: z.string().regex(/^\w+\.\w+$/),
      timeout: integer(1, 900),
      memorySize: integer(128, 10_240),
      loggingConfig: z.strictObject({ logFormat: z.enum(['JSON', 'Text']), logGroup: z.string() }),
      environment: z.object({
        variables: z
          .record(z.string().regex(/^(?!AWS_)[A-Z][A-Z0-9_]+$/), z.string())
          .refine((variables) => JSON.stringify(variables).length <= 4096),
      }),
    }),
  }),
  'aws:lambda/eventSourceMapping:EventSourceMapping': z.object({
    inputs: z
      .object({
        functionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')]),
        batchSize: integer(1, 10_000),
        maximumBatchingWindowInSeconds: integer(0, 300),
        scalingConfig: z.strictObject({ maximumConcurrency: integer(2, 1000) }),
      })
      .refine(
        ({ batchSize, maximumBatchingWindowInSeconds }) =>
          batchSize <= 10 || maximumBatchingWindowInSeconds >= 1,
        'a batch of more than 10 needs a window',
      ),
  }),
  'aws:lambda/functionRecursionConfig:FunctionRecursionConfig': z.object({
    inputs: z.object({ recursiveLoop: z.enum(['Allow', 'Terminate']) }),
  }),
  'aws:lambda/permission:Permission': z.object({
    inputs: z.object({
      action: z.literal('lambda:InvokeFunction'),
      principal: z.enum(['apigateway.amazonaws.com', 'events.amazonaws.com']),
    }),
  }),
  'aws:sqs/queue:Queue': z.object({
    name: named(80),
    inputs: z.object({
      messageRetentionSeconds: integer(60, 1_209_600),
      maxMessageSize: integer(1024, 1_048_576).optional(),
      visibilityTimeoutSeconds: integer(0, 43_200).optional(),
      redrivePolicy: z
        .string()
        .transform((text) => JSON.parse(text))
        .pipe(
          z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: integer(1, 1000) }),
        )
        .optional(),
    }),
  }),
  'aws:sqs/queuePolicy:QueuePolicy': z.object({ inputs: z.object({ policy: z.string() }) }),
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': z.object({
    inputs: z.object({
      redriveAllowPolicy: z
        .string()
        .transform((text) => JSON.parse(text))
        .pipe(
          z.strictObject({
            redrivePermission: z.literal('byQueue'),
            sourceQueueArns: z.array(z.string()).min(1).max(10),
          }),
        ),
    }),
  }),
  'aws:cloudwatch/eventBus:EventBus': z.object({
    inputs: z
      .object({ name: z.string().max(256), eventSourceName: z.string().startsWith('aws.partner/') })
      .refine(({ name, eventSourceName }) => name === eventSourceName),
  }),
  'aws:cloudwatch/eventRule:EventRule': z.object({
    inputs: z.object({
      name: z.string().regex(/^[\w.-]{1,64}$/),
      eventPattern: z.string().max(2048),
    }),
  }),
  'aws:cloudwatch/eventTarget:EventTarget': z.object({
    inputs: z.object({
      retryPolicy: z.strictObject({
        maximumEventAgeInSeconds: integer(60, 86_400),
        maximumRetryAttempts: integer(0, 185),
      }),
      deadLetterConfig: z.strictObject({ arn: z.string() }),
    }),
  }),
  'aws:cloudwatch/logGroup:LogGroup': z.object({
    inputs: z.object({ retentionInDays: z.int().refine((count) => days.includes(count)) }),
  }),
  'aws:cloudwatch/metricAlarm:MetricAlarm': z.object({
    inputs: z
      .object({
        name: z.string().min(1).max(255),
        alarmDescription: z.string().max(1024),
        comparisonOperator: z.enum([
          'GreaterThanOrEqualToThreshold',
          'GreaterThanThreshold',
          'LessThanThreshold',
          'LessThanOrEqualToThreshold',
        ]),
        statistic: z.enum(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']),
        period: z.int().min(60).multipleOf(60),
        evaluationPeriods: integer(1, 1440),
        datapointsToAlarm: integer(1, 1440),
        treatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']),
        alarmActions: z.array(z.string().startsWith('arn:')).max(5),
        okActions: z.array(z.string().startsWith('arn:')).max(5),
        dimensions: z.record(z.string().max(255), z.string().min(1).max(1024)),
      })
      .refine(
        ({ datapointsToAlarm, evaluationPeriods }) => datapointsToAlarm <= evaluationPeriods,
        'more data points than periods',
      )
      .refine(
        ({ period, evaluationPeriods }) => period * evaluationPeriods <= 86_400,
        'looks back for more than a day',
      ),
  }),
  'aws:sns/topic:Topic': z.object({ name: named(256) }),
  'aws:sns/topicPolicy:TopicPolicy': z.object({ inputs: z.object({ policy: z.string() }) }),
  'aws:sns/topicSubscription:TopicSubscription': z.object({
    inputs: z.object({ protocol: z.literal('email'), endpoint: z.string().includes('@') }),
  }),
  'aws:iam/role:Role': z.object({ name: named(64) }),
  'aws:iam/rolePolicy:RolePolicy': z.object({
    name: named(128),
    inputs: z.object({ policy: z.string().max(10_240) }),
  }),
  'aws:apigatewayv2/api:Api': z.object({
    inputs: z.object({ protocolType: z.enum(['HTTP', 'WEBSOCKET']) }),
  }),
  'aws:apigatewayv2/integration:Integration': z.object({
    inputs: z.object({
      integrationType: z.literal('AWS_PROXY'),
      integrationMethod: z.literal('POST'),
      payloadFormatVersion: z.enum(['1.0', '2.0']),
    }),
  }),
  'aws:apigatewayv2/route:Route': z.object({
    inputs: z.object({
      routeKey: z.string().regex(/^(\$default|(POST|GET|PUT|ANY) \/[\w/{}+-]*)$/),
      target: z.string().startsWith('integrations/'),
    }),
  }),
  'aws:apigatewayv2/stage:Stage': z.object({ inputs: z.object({ name: z.literal('$default') }) }),
  'aws:secretsmanager/secret:Secret': z.object({ name: named(512) }),
  'aws:secretsmanager/secretVersion:SecretVersion': z.object({}),
};
