/** How a resource type of Pulumi's AWS provider maps to Terraform's provider, which Pulumi's is built on. */
export interface ResourceType {
  readonly terraform: string;
  /** Pulumi's names that do not follow from Terraform's names, by Terraform's name. */
  readonly names?: Readonly<Record<string, string>>;
  /** The property that Pulumi's provider generates from the resource's name, if the program does not set it. */
  readonly autoName?: string;
  /** The attribute that is the resource's id. Default: `id`. */
  readonly id?: string;
}

/**
 * The resource types that the program uses.
 * Source: https://github.com/pulumi/pulumi-aws/blob/master/provider/resources.go
 */
const resourceTypes: Readonly<Record<string, ResourceType>> = {
  'aws:apigatewayv2/api:Api': { terraform: 'aws_apigatewayv2_api', autoName: 'name' },
  'aws:apigatewayv2/apiMapping:ApiMapping': { terraform: 'aws_apigatewayv2_api_mapping' },
  'aws:apigatewayv2/domainName:DomainName': { terraform: 'aws_apigatewayv2_domain_name' },
  'aws:apigatewayv2/integration:Integration': { terraform: 'aws_apigatewayv2_integration' },
  'aws:apigatewayv2/route:Route': { terraform: 'aws_apigatewayv2_route' },
  'aws:apigatewayv2/stage:Stage': { terraform: 'aws_apigatewayv2_stage', autoName: 'name' },
  'aws:cloudwatch/dashboard:Dashboard': { terraform: 'aws_cloudwatch_dashboard' },
  'aws:cloudwatch/eventBus:EventBus': { terraform: 'aws_cloudwatch_event_bus', autoName: 'name' },
  'aws:cloudwatch/eventRule:EventRule': {
    terraform: 'aws_cloudwatch_event_rule',
    autoName: 'name',
  },
  'aws:cloudwatch/eventTarget:EventTarget': { terraform: 'aws_cloudwatch_event_target' },
  'aws:cloudwatch/logGroup:LogGroup': { terraform: 'aws_cloudwatch_log_group', autoName: 'name' },
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': {
    terraform: 'aws_cloudwatch_log_metric_filter',
    autoName: 'name',
  },
  'aws:cloudwatch/metricAlarm:MetricAlarm': {
    terraform: 'aws_cloudwatch_metric_alarm',
    names: { alarm_name: 'name' },
    autoName: 'name',
  },
  'aws:iam/role:Role': { terraform: 'aws_iam_role', autoName: 'name' },
  'aws:iam/rolePolicy:RolePolicy': { terraform: 'aws_iam_role_policy', autoName: 'name' },
  'aws:kms/alias:Alias': { terraform: 'aws_kms_alias', autoName: 'name' },
  'aws:kms/key:Key': { terraform: 'aws_kms_key' },
  'aws:kms/keyPolicy:KeyPolicy': { terraform: 'aws_kms_key_policy' },
  'aws:lambda/alias:Alias': { terraform: 'aws_lambda_alias', autoName: 'name' },
  'aws:lambda/eventSourceMapping:EventSourceMapping': {
    terraform: 'aws_lambda_event_source_mapping',
  },
  'aws:lambda/function:Function': {
    terraform: 'aws_lambda_function',
    names: { function_name: 'name' },
    autoName: 'name',
  },
  'aws:lambda/functionRecursionConfig:FunctionRecursionConfig': {
    terraform: 'aws_lambda_function_recursion_config',
    id: 'function_name',
  },
  'aws:lambda/permission:Permission': {
    terraform: 'aws_lambda_permission',
    names: { function_name: 'function' },
    autoName: 'statementId',
  },
  'aws:route53/record:Record': { terraform: 'aws_route53_record', names: { alias: 'aliases' } },
  'aws:secretsmanager/secret:Secret': { terraform: 'aws_secretsmanager_secret', autoName: 'name' },
  'aws:secretsmanager/secretVersion:SecretVersion': {
    terraform: 'aws_secretsmanager_secret_version',
  },
  'aws:sns/topic:Topic': { terraform: 'aws_sns_topic', autoName: 'name' },
  'aws:sns/topicPolicy:TopicPolicy': { terraform: 'aws_sns_topic_policy' },
  'aws:sns/topicSubscription:TopicSubscription': {
    terraform: 'aws_sns_topic_subscription',
    names: { topic_arn: 'topic' },
  },
  'aws:sqs/queue:Queue': { terraform: 'aws_sqs_queue', autoName: 'name' },
  'aws:sqs/queuePolicy:QueuePolicy': { terraform: 'aws_sqs_queue_policy' },
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': {
    terraform: 'aws_sqs_queue_redrive_allow_policy',
  },
};

/**
 * Finds a resource type.
 * @param type e.g. `aws:sqs/queue:Queue`
 * @throws Error if the program does not use it
 */
export function resourceType(type: string): ResourceType {
  const found = resourceTypes[type];
  if (found === undefined)
    throw new Error(`tools/provider/resource-types.ts does not have ${type}`);
  return found;
}

/**
 * Values that the provider at hand does not know yet, and the nearest value that it accepts, by Terraform's type
 * and attribute. The typings of Pulumi 7.48 have these values.
 */
export const newerThanProvider: Readonly<
  Record<
    string,
    Readonly<Record<string, readonly [given: string | number, accepted: string | number]>>
  >
> = {
  aws_lambda_function: { runtime: ['nodejs24.x', 'nodejs22.x'] },
  aws_sqs_queue: { max_message_size: [1_048_576, 262_144] },
};
