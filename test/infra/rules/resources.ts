import * as z from 'zod';
import { allOf, type Recording } from '../../../tools/engine/record-resources.ts';
import { Policy } from './policy.ts';
import { memoizePerRecording } from './rule.ts';

const State = z.object({ id: z.string(), arn: z.string(), name: z.string(), url: z.string() });

/** The resources of a type, with those of their inputs that rules look at. */
const resourceReader = <Shape extends z.ZodRawShape>(type: string, shape: Shape) => {
  const Inputs = z.object(shape);
  return memoizePerRecording((recording: Recording) =>
    allOf(recording, type).map(({ name, inputs, state, retainOnDelete }) => ({
      /** Its name in the program. */
      name,
      retainOnDelete,
      /** What it is called by AWS. */
      known: State.parse(state),
      inputs: Inputs.parse(inputs),
    })),
  );
};

const text = z.string().optional();
const number = z.number().optional();
const boolean = z.boolean().optional();
const json = z.string().transform((value): unknown => JSON.parse(value));

export const queues = resourceReader('aws:sqs/queue:Queue', {
  kmsMasterKeyId: text,
  visibilityTimeoutSeconds: number,
  messageRetentionSeconds: z.number().default(4 * 24 * 3600),
  maxMessageSize: number,
  redrivePolicy: json
    .pipe(z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }))
    .optional(),
});
export const queuePolicies = resourceReader('aws:sqs/queuePolicy:QueuePolicy', {
  queueUrl: z.string(),
  policy: Policy,
});
export const redriveAllowPolicies = resourceReader(
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy',
  {
    queueUrl: z.string(),
    redriveAllowPolicy: json.pipe(
      z.object({ redrivePermission: z.string(), sourceQueueArns: z.array(z.string()).default([]) }),
    ),
  },
);

export const topics = resourceReader('aws:sns/topic:Topic', { kmsMasterKeyId: text });
export const topicPolicies = resourceReader('aws:sns/topicPolicy:TopicPolicy', {
  arn: z.string(),
  policy: Policy,
});
const metric = { metricName: text, dimensions: z.record(z.string(), z.string()).default({}) };
export const alarms = resourceReader('aws:cloudwatch/metricAlarm:MetricAlarm', {
  actionsEnabled: boolean,
  alarmActions: z.array(z.string()).default([]),
  okActions: z.array(z.string()).default([]),
  alarmDescription: z.string().default(''),
  ...metric,
  metricQueries: z.array(z.object({ metric: z.object(metric).optional() })).default([]),
});

export const keys = resourceReader('aws:kms/key:Key', {
  enableKeyRotation: boolean,
  deletionWindowInDays: number,
  isEnabled: boolean,
  bypassPolicyLockoutSafetyCheck: boolean,
  // Without one AWS gives the key its default policy.
  policy: Policy,
});

export const secrets = resourceReader('aws:secretsmanager/secret:Secret', { kmsKeyId: text });
export const secretVersions = resourceReader('aws:secretsmanager/secretVersion:SecretVersion', {
  secretId: text,
  secretString: z.unknown().optional(),
});

export const logGroups = resourceReader('aws:cloudwatch/logGroup:LogGroup', {
  kmsKeyId: text,
  retentionInDays: number,
});

export const roles = resourceReader('aws:iam/role:Role', {
  assumeRolePolicy: Policy,
  managedPolicyArns: z.unknown().optional(),
  inlinePolicies: z.unknown().optional(),
});
export const rolePolicies = resourceReader('aws:iam/rolePolicy:RolePolicy', {
  role: z.string(),
  policy: Policy,
});

export const functions = resourceReader('aws:lambda/function:Function', {
  runtime: text,
  architectures: z.array(z.string()).default([]),
  role: z.string(),
  code: z.unknown().optional(),
  timeout: z.number().default(3),
  reservedConcurrentExecutions: number,
  publish: boolean,
  deadLetterConfig: z.object({ targetArn: z.string() }).optional(),
  loggingConfig: z.object({ logFormat: text, logGroup: text }).default({}),
  tracingConfig: z.object({ mode: text }).default({}),
  vpcConfig: z
    .object({ subnetIds: z.array(z.string()), securityGroupIds: z.array(z.string()) })
    .optional(),
  environment: z.object({ variables: z.record(z.string(), z.string()) }).default({ variables: {} }),
});
/** What each trigger names: an alias of a function. */
export const aliases = resourceReader('aws:lambda/alias:Alias', {
  functionName: z.string(),
  functionVersion: z.string(),
});
/** The function that an ARN of an alias leads to; none by its own ARN, which is that of its newest code. */
export const functionOfAlias = (arn: string | undefined, recording: Recording) => {
  const alias = aliases(recording).find(({ known }) => known.arn === arn);
  return functions(recording).find(({ known }) => known.name === alias?.inputs.functionName);
};
export const mappings = resourceReader('aws:lambda/eventSourceMapping:EventSourceMapping', {
  eventSourceArn: z.string(),
  functionName: z.string(),
  functionResponseTypes: z.array(z.string()).default([]),
  batchSize: z.number().default(10),
  maximumBatchingWindowInSeconds: z.number().default(0),
  scalingConfig: z.object({ maximumConcurrency: number }).default({}),
});
export const permissions = resourceReader('aws:lambda/permission:Permission', {
  action: z.string(),
  function: z.string(),
  qualifier: text,
  principal: z.string(),
  sourceArn: text,
});

export const apis = resourceReader('aws:apigatewayv2/api:Api', {
  disableExecuteApiEndpoint: boolean,
});
export const routes = resourceReader('aws:apigatewayv2/route:Route', {
  apiId: z.string(),
  routeKey: z.string(),
  target: z.string(),
});
export const integrations = resourceReader('aws:apigatewayv2/integration:Integration', {
  integrationUri: z.string(),
});
const throttle = {
  throttlingRateLimit: z.number().default(0),
  throttlingBurstLimit: z.number().default(0),
};
export const stages = resourceReader('aws:apigatewayv2/stage:Stage', {
  apiId: z.string(),
  defaultRouteSettings: z.object(throttle).optional(),
  routeSettings: z.array(z.object({ routeKey: z.string(), ...throttle })).default([]),
  accessLogSettings: z.object({ destinationArn: z.string(), format: z.string() }).optional(),
});
export const domainNames = resourceReader('aws:apigatewayv2/domainName:DomainName', {
  domainName: z.string(),
  domainNameConfiguration: z.object({ certificateArn: z.string(), securityPolicy: z.string() }),
});
export const apiMappings = resourceReader('aws:apigatewayv2/apiMapping:ApiMapping', {
  apiId: z.string(),
  domainName: z.string(),
});

export const eventRules = resourceReader('aws:cloudwatch/eventRule:EventRule', {
  eventBusName: text,
});
export const eventTargets = resourceReader('aws:cloudwatch/eventTarget:EventTarget', {
  rule: z.string(),
  arn: z.string(),
  input: text,
  deadLetterConfig: z.object({ arn: z.string() }).optional(),
});

/** A resource as one of the above gives it. */
export type ResourceOf<Kind extends (recording: Recording) => readonly unknown[]> =
  ReturnType<Kind>[number];
