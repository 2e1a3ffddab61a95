import { EndpointType, IntegrationType, ProtocolType } from '@aws-sdk/client-apigatewayv2';
import { StandardUnit } from '@aws-sdk/client-cloudwatch-logs';
import { FunctionResponseType, RecursiveLoop } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { MetricAlarm } from './alarm-schema.ts';
import { DashboardBody } from './dashboard-schema.ts';

const integer = (least: number, most: number) => z.int().min(least).max(most);

/** A name to which Pulumi adds its suffix. */
const named = (most: number, letters = /^[\w-]+$/) =>
  z
    .string()
    .max(most - '-0a1b2c3'.length)
    .regex(letters);

const metricText = z.string().regex(/^[^:*$]{1,255}$/);

const json = z.string().transform((text): unknown => JSON.parse(text));

/** A policy document with a maximum length. */
const policy = (most: number) =>
  z
    .string()
    .max(most)
    .pipe(json)
    .pipe(z.looseObject({ Statement: z.array(z.unknown()).min(1) }));

/**
 * The values that AWS accepts, by resource type, if neither the types of `@pulumi/aws` nor a rule says more.
 * Enumerations are those of the AWS SDK, the rest is from the API reference of each service. Names leave room for
 * Pulumi's suffix.
 */
export const restrictedValues: Record<string, z.ZodType> = {
  'aws:lambda/function:Function': z.object({
    name: named(64),
    inputs: z.object({
      description: z.string().max(256),
      handler: z.string().regex(/^\w+\.\w+$/),
      timeout: integer(1, 900),
      memorySize: integer(128, 10_240),
      reservedConcurrentExecutions: z.int().min(0).optional(),
      environment: z.object({
        variables: z
          .record(z.string().regex(/^(?!AWS_)[A-Z][A-Z0-9_]+$/), z.string())
          .refine((variables) => JSON.stringify(variables).length <= 4096),
      }),
    }),
  }),
  'aws:lambda/eventSourceMapping:EventSourceMapping': z.object({
    inputs: z.object({
      functionResponseTypes: z.array(z.enum(FunctionResponseType)).max(1),
      batchSize: integer(1, 10_000),
      maximumBatchingWindowInSeconds: integer(0, 300),
      scalingConfig: z.strictObject({ maximumConcurrency: integer(2, 1000) }),
    }),
  }),
  'aws:lambda/functionRecursionConfig:FunctionRecursionConfig': z.object({
    inputs: z.object({ recursiveLoop: z.enum(RecursiveLoop) }),
  }),
  'aws:lambda/permission:Permission': z.object({}),
  'aws:sqs/queue:Queue': z.object({
    name: named(80),
    inputs: z.object({
      messageRetentionSeconds: integer(60, 1_209_600),
      maxMessageSize: integer(1024, 1_048_576).optional(),
      visibilityTimeoutSeconds: integer(0, 43_200).optional(),
      redrivePolicy: json
        .pipe(
          z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: integer(1, 1000) }),
        )
        .optional(),
    }),
  }),
  'aws:sqs/queuePolicy:QueuePolicy': z.object({ inputs: z.object({ policy: policy(8192) }) }),
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': z.object({}),
  'aws:cloudwatch/eventBus:EventBus': z.object({
    inputs: z
      .object({ name: z.string().max(256), eventSourceName: z.string().startsWith('aws.partner/') })
      .refine(({ name, eventSourceName }) => name === eventSourceName),
  }),
  'aws:cloudwatch/eventRule:EventRule': z.object({
    inputs: z.object({
      name: z.string().regex(/^[\w.-]{1,64}$/),
      eventPattern: z.string().max(2048).pipe(json),
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
    name: named(512),
    inputs: z.object({ namePrefix: named(512, /^[\w.\-/#]+$/).optional() }),
  }),
  // Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': z.object({
    name: z.string().regex(/^[^:*]{1,512}$/),
    inputs: z.object({
      pattern: z.string().max(1024),
      metricTransformation: z.object({
        namespace: metricText,
        name: metricText,
        value: z.string().min(1).max(100),
        unit: z.enum(StandardUnit).optional(),
      }),
    }),
  }),
  'aws:cloudwatch/metricAlarm:MetricAlarm': z.object({ inputs: MetricAlarm }),
  'aws:cloudwatch/dashboard:Dashboard': z.object({
    inputs: z.object({
      dashboardName: z.string().regex(/^[\w-]{1,255}$/),
      dashboardBody: z.string().max(1_048_576).pipe(json).pipe(DashboardBody),
    }),
  }),
  'aws:sns/topic:Topic': z.object({ name: named(256) }),
  'aws:sns/topicPolicy:TopicPolicy': z.object({ inputs: z.object({ policy: policy(30_720) }) }),
  'aws:sns/topicSubscription:TopicSubscription': z.object({}),
  'aws:iam/role:Role': z.object({
    name: named(64),
    inputs: z.object({ assumeRolePolicy: policy(2048) }),
  }),
  'aws:iam/rolePolicy:RolePolicy': z.object({
    name: named(128),
    inputs: z.object({ policy: policy(10_240) }),
  }),
  'aws:kms/key:Key': z.object({
    inputs: z.object({ description: z.string().max(8192), deletionWindowInDays: integer(7, 30) }),
  }),
  'aws:kms/alias:Alias': z.object({
    inputs: z.object({ name: z.string().regex(/^alias\/(?!aws\/)[\w/-]{1,250}$/) }),
  }),
  'aws:kms/keyPolicy:KeyPolicy': z.object({ inputs: z.object({ policy: policy(32_768) }) }),
  'aws:apigatewayv2/api:Api': z.object({
    name: named(128),
    inputs: z.object({ protocolType: z.enum(ProtocolType) }),
  }),
  'aws:apigatewayv2/integration:Integration': z.object({
    inputs: z.object({
      integrationType: z.enum(IntegrationType),
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
  'aws:apigatewayv2/stage:Stage': z.object({
    inputs: z.object({
      name: z.literal('$default'),
      accessLogSettings: z.object({
        // One of the ids has to be in it.
        // Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        format: z.string().regex(/\$context\.(extendedR|r)equestId/),
      }),
    }),
  }),
  'aws:apigatewayv2/domainName:DomainName': z.object({
    inputs: z.object({
      domainName: z.string().min(1).max(512),
      domainNameConfiguration: z.object({ endpointType: z.enum(EndpointType) }),
    }),
  }),
  'aws:apigatewayv2/apiMapping:ApiMapping': z.object({}),
  'aws:route53/record:Record': z.object({}),
  'aws:secretsmanager/secret:Secret': z.object({ name: named(512) }),
  'aws:secretsmanager/secretVersion:SecretVersion': z.object({}),
};
