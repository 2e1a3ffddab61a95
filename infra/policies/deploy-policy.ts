/** The location of a stack, with the parts that the ARNs of its resources need. */
export interface DeployTarget {
  /** The partition, e.g. `aws`. */
  partition: string;
  region: string;
  account: string;
}

/** A feature that only some stacks use. Each needs further permissions. */
export type DeployFeature = 'partnerEvents' | 'hostedZone' | 'vpc';

/** A statement of an IAM policy. */
export interface DeployStatement {
  Sid: string;
  Effect: 'Allow';
  Action: readonly string[];
  Resource: readonly string[];
  Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The role of the pipeline in examples/github-actions. Its name has another beginning than the roles of the
 * functions: it may change those roles, and must not change itself.
 */
export const deployRole = 'deploy-crm-media-sync';

/**
 * The permissions of `pulumi up`, `refresh` and `destroy`, and of `doctor --config`. They follow from the calls
 * that Pulumi's AWS provider makes for each type of resource. `*` stands for the rest of a name.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 * @param features returns the statements for these features. Undefined: the statements for every stack
 */
export function deployStatements(
  target: DeployTarget,
  features?: readonly DeployFeature[],
): readonly DeployStatement[] {
  return permissions(target)
    .filter(({ feature }) =>
      feature === undefined ? features === undefined : features?.includes(feature),
    )
    .map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: [...new Set(Object.values(actions).flat())],
      Resource: resources,
      ...(condition !== undefined && { Condition: condition }),
    }));
}

/** The types of resources that the policy is for, e.g. `aws:sqs/queue:Queue`. */
export function deployedTypes(target: DeployTarget): ReadonlySet<string> {
  const owners = permissions(target).flatMap(({ actions }) => Object.keys(actions));
  return new Set(owners.filter((owner) => owner !== doctor));
}

interface Permission {
  sid: string;
  /** The actions, by the type of the resource that needs them. */
  actions: Readonly<Record<string, readonly string[]>>;
  resources: readonly string[];
  condition?: DeployStatement['Condition'];
  /** Undefined: the statement is for every stack. */
  feature?: DeployFeature;
}

/** This needs permissions, but is not a type of resource. */
const doctor = 'doctor --config';

const httpApiTypes = ['api:Api', 'integration:Integration', 'route:Route', 'stage:Stage'];

const domainTypes = ['domainName:DomainName', 'apiMapping:ApiMapping'];

function permissions({ partition, region, account }: DeployTarget): readonly Permission[] {
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const globalArn = (service: string, resource: string, owner = account) =>
    `arn:${partition}:${service}::${owner}:${resource}`;
  const regionalArn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}::${resource}`;
  const ours = 'crm-media-sync-*';
  const roles = globalArn('iam', `role/${ours}`);
  const functions = arn('lambda', `function:${ours}`);
  return [
    {
      sid: 'Key',
      actions: {
        'aws:kms/key:Key': actionsOf(
          'kms',
          `CreateKey DescribeKey GetKeyPolicy PutKeyPolicy EnableKeyRotation GetKeyRotationStatus
          UpdateKeyDescription ScheduleKeyDeletion TagResource UntagResource ListResourceTags`,
        ),
        'aws:kms/alias:Alias': actionsOf('kms', 'CreateAlias UpdateAlias DeleteAlias ListAliases'),
      },
      resources: ['*'],
    },
    {
      sid: 'KeyForSecrets',
      actions: {
        'aws:secretsmanager/secretVersion:SecretVersion': actionsOf(
          'kms',
          'Decrypt GenerateDataKey',
        ),
      },
      resources: ['*'],
      condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
    },
    {
      sid: 'Secrets',
      actions: {
        'aws:secretsmanager/secret:Secret': actionsOf(
          'secretsmanager',
          `CreateSecret DescribeSecret UpdateSecret DeleteSecret GetResourcePolicy TagResource
          UntagResource`,
        ),
        'aws:secretsmanager/secretVersion:SecretVersion': actionsOf(
          'secretsmanager',
          'GetSecretValue PutSecretValue UpdateSecretVersionStage',
        ),
      },
      resources: [arn('secretsmanager', `secret:${ours}`)],
    },
    {
      sid: 'Queues',
      actions: {
        'aws:sqs/queue:Queue': actionsOf(
          'sqs',
          `CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes ListQueueTags TagQueue
          UntagQueue`,
        ),
        'aws:sqs/queuePolicy:QueuePolicy': actionsOf(
          'sqs',
          'GetQueueAttributes SetQueueAttributes',
        ),
        'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': actionsOf(
          'sqs',
          'GetQueueAttributes SetQueueAttributes',
        ),
      },
      resources: [arn('sqs', ours)],
    },
    {
      sid: 'Functions',
      actions: {
        'aws:lambda/function:Function': actionsOf(
          'lambda',
          `CreateFunction DeleteFunction GetFunction GetFunctionConfiguration
          GetFunctionCodeSigningConfig GetFunctionConcurrency ListVersionsByFunction PublishVersion
          UpdateFunctionCode UpdateFunctionConfiguration PutFunctionConcurrency
          DeleteFunctionConcurrency TagResource UntagResource ListTags`,
        ),
        'aws:lambda/alias:Alias': actionsOf(
          'lambda',
          'CreateAlias GetAlias UpdateAlias DeleteAlias',
        ),
        'aws:lambda/functionRecursionConfig:FunctionRecursionConfig': actionsOf(
          'lambda',
          'GetFunctionRecursionConfig PutFunctionRecursionConfig',
        ),
        'aws:lambda/permission:Permission': actionsOf(
          'lambda',
          'GetPolicy AddPermission RemovePermission',
        ),
      },
      resources: [functions],
    },
    {
      sid: 'QueueToFunction',
      actions: {
        'aws:lambda/eventSourceMapping:EventSourceMapping': ['lambda:CreateEventSourceMapping'],
      },
      resources: ['*'],
      condition: { ArnLike: { 'lambda:FunctionArn': functions } },
    },
    {
      sid: 'QueueToFunctionLater',
      actions: {
        'aws:lambda/eventSourceMapping:EventSourceMapping': actionsOf(
          'lambda',
          `UpdateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping TagResource
          UntagResource ListTags`,
        ),
      },
      resources: [arn('lambda', 'event-source-mapping:*')],
    },
    {
      sid: 'Roles',
      actions: {
        'aws:iam/role:Role': actionsOf(
          'iam',
          `CreateRole GetRole UpdateAssumeRolePolicy DeleteRole ListRolePolicies
          ListAttachedRolePolicies ListInstanceProfilesForRole TagRole UntagRole`,
        ),
        'aws:iam/rolePolicy:RolePolicy': actionsOf(
          'iam',
          'PutRolePolicy GetRolePolicy DeleteRolePolicy',
        ),
      },
      resources: [roles],
    },
    {
      sid: 'RolesForFunctions',
      actions: { 'aws:lambda/function:Function': ['iam:PassRole'] },
      resources: [roles],
      condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    },
    {
      sid: 'RoleOfApiGateway',
      actions: { 'aws:apigatewayv2/api:Api': ['iam:CreateServiceLinkedRole'] },
      resources: [
        globalArn(
          'iam',
          'role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway',
        ),
      ],
    },
    {
      sid: 'Api',
      actions: Object.fromEntries(
        [...httpApiTypes, ...domainTypes].map((type) => [
          `aws:apigatewayv2/${type}`,
          actionsOf('apigateway', 'GET POST PUT PATCH DELETE'),
        ]),
      ),
      // API Gateway was seen to use an ARN inside an ARN for tags.
      // Source: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/997
      resources: ['/apis', '/apis/*', '/domainnames', '/domainnames/*', '*/tags/*'].map((path) =>
        regionalArn('apigateway', path),
      ),
    },
    {
      sid: 'Logs',
      actions: {
        'aws:cloudwatch/logGroup:LogGroup': actionsOf(
          'logs',
          `CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey
          DisassociateKmsKey TagResource UntagResource ListTagsForResource`,
        ),
        'aws:cloudwatch/logMetricFilter:LogMetricFilter': actionsOf(
          'logs',
          'PutMetricFilter DescribeMetricFilters DeleteMetricFilter',
        ),
      },
      resources: [ours, `/aws/vendedlogs/apis/${ours}`].map((name) =>
        arn('logs', `log-group:${name}`),
      ),
    },
    {
      sid: 'AccessLogAndAlarms',
      actions: {
        'aws:cloudwatch/metricAlarm:MetricAlarm': ['cloudwatch:DescribeAlarms'],
        'aws:cloudwatch/logGroup:LogGroup': ['logs:DescribeLogGroups'],
        // Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
        'aws:apigatewayv2/stage:Stage': actionsOf(
          'logs',
          `CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries
          PutResourcePolicy DescribeResourcePolicies`,
        ),
      },
      resources: ['*'],
    },
    {
      sid: 'Alarms',
      actions: {
        'aws:cloudwatch/metricAlarm:MetricAlarm': actionsOf(
          'cloudwatch',
          'PutMetricAlarm DeleteAlarms TagResource UntagResource ListTagsForResource',
        ),
      },
      resources: [arn('cloudwatch', `alarm:${ours}`)],
    },
    {
      sid: 'Dashboard',
      actions: {
        'aws:cloudwatch/dashboard:Dashboard': actionsOf(
          'cloudwatch',
          'PutDashboard GetDashboard DeleteDashboards',
        ),
      },
      resources: [globalArn('cloudwatch', `dashboard/${ours}`)],
    },
    {
      sid: 'AlarmTopic',
      actions: {
        'aws:sns/topic:Topic': actionsOf(
          'sns',
          `CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes TagResource UntagResource
          ListTagsForResource`,
        ),
        'aws:sns/topicPolicy:TopicPolicy': actionsOf(
          'sns',
          'GetTopicAttributes SetTopicAttributes',
        ),
        'aws:sns/topicSubscription:TopicSubscription': actionsOf(
          'sns',
          `Subscribe Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes
          ListSubscriptionsByTopic`,
        ),
      },
      resources: [arn('sns', ours)],
    },
    {
      sid: 'Doctor',
      actions: { [doctor]: ['lambda:GetAccountSettings', 'acm:DescribeCertificate'] },
      resources: ['*'],
    },
    {
      sid: 'DoctorOnThisRole',
      actions: { [doctor]: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'] },
      resources: [globalArn('iam', `role/${deployRole}`)],
    },
    {
      sid: 'PartnerEvents',
      feature: 'partnerEvents',
      actions: {
        'aws:cloudwatch/eventBus:EventBus': actionsOf(
          'events',
          `CreateEventBus DescribeEventBus DeleteEventBus DescribeEventSource TagResource
          UntagResource ListTagsForResource`,
        ),
        'aws:cloudwatch/eventRule:EventRule': actionsOf(
          'events',
          'PutRule DescribeRule DeleteRule',
        ),
        'aws:cloudwatch/eventTarget:EventTarget': actionsOf(
          'events',
          'PutTargets RemoveTargets ListTargetsByRule',
        ),
      },
      resources: [
        arn('events', 'event-bus/aws.partner/*'),
        arn('events', 'rule/aws.partner/*'),
        regionalArn('events', 'event-source/aws.partner/*'),
      ],
    },
    {
      sid: 'HostedZone',
      feature: 'hostedZone',
      actions: {
        'aws:route53/record:Record': actionsOf(
          'route53',
          'ChangeResourceRecordSets ListResourceRecordSets GetHostedZone GetChange',
        ),
      },
      resources: ['hostedzone/*', 'change/*'].map((name) => globalArn('route53', name, '')),
    },
    {
      sid: 'Network',
      feature: 'vpc',
      actions: {
        'aws:lambda/function:Function': actionsOf(
          'ec2',
          'DescribeSecurityGroups DescribeSubnets DescribeVpcs',
        ),
      },
      resources: ['*'],
    },
    {
      sid: 'DailyEvent',
      feature: 'vpc',
      actions: {
        'aws:cloudwatch/eventRule:EventRule': actionsOf(
          'events',
          'PutRule DescribeRule DeleteRule TagResource UntagResource ListTagsForResource',
        ),
        'aws:cloudwatch/eventTarget:EventTarget': actionsOf(
          'events',
          'PutTargets RemoveTargets ListTargetsByRule',
        ),
      },
      resources: [arn('events', `rule/${ours}`)],
    },
  ];
}

/** @param names the actions of one service, separated by spaces */
function actionsOf(service: string, names: string): readonly string[] {
  return names.split(/\s+/).map((name) => `${service}:${name}`);
}
