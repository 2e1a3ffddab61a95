const own = 'crm-media-sync:infra';
const all = `${own}:CrmMediaSync$${own}`;
const queue = 'aws:sqs/queue:Queue';
const queuePolicy = 'aws:sqs/queuePolicy:QueuePolicy';
const secret = `${all}:Secrets$${own}:StoredSecret$aws:secretsmanager/secret:Secret`;
const logGroup = 'aws:cloudwatch/logGroup:LogGroup';

/**
 * The logical names of what holds data, is known to others or sets something of another resource, as stacks
 * have them by now: the types of the components around it, its own, and its name behind that of the stack. To Pulumi a resource with another
 * name is another resource, and the one that had it before is deleted.
 * Source: https://www.pulumi.com/docs/iac/concepts/resources/names/
 */
export const logicalNames: readonly string[] = [
  `${all}:EncryptionKey$aws:kms/key:Key key`,
  `${all}:EncryptionKey$aws:kms/key:Key alarms-key`,
  `${all}:SyncQueues$${queue} changes`,
  `${all}:SyncQueues$${queue} lookups`,
  `${all}:SyncQueues$${queue} dead-letters`,
  `${all}:EventDeadLetterQueue$${queue} events-dead-letters`,
  `${all}:PartnerEventBus$aws:cloudwatch/eventBus:EventBus cases-events-bus`,
  `${all}:WebhookApi$aws:apigatewayv2/api:Api webhooks`,
  `${all}:Alarms$aws:sns/topic:Topic alarms`,
  `${secret} source-zendesk`,
  `${secret} source-forms`,
  `${secret} source-soap`,
  `${secret} twilio`,
  `${secret} twilio-auth-token`,
  `${secret} twilio-shared-key`,
  `${all}:NodeFunction$${logGroup} crm-change-logs`,
  `${all}:NodeFunction$${logGroup} task-event-logs`,
  `${all}:NodeFunction$${logGroup} sync-logs`,
  `${all}:AccessLog$${logGroup} access-log`,
  `${all}:SyncQueues$${queuePolicy} changes-tls-only`,
  `${all}:SyncQueues$${queuePolicy} lookups-tls-only`,
  `${all}:SyncQueues$${queuePolicy} dead-letters-tls-only`,
  `${all}:SyncQueues$aws:sqs/redriveAllowPolicy:RedriveAllowPolicy redrive`,
  `${all}:EventDeadLetterQueue$${queuePolicy} events-dead-letters-policy`,
  `${all}:Alarms$aws:sns/topicPolicy:TopicPolicy alarms-policy`,
  `${all}:QueueWorker$aws:lambda/functionRecursionConfig:FunctionRecursionConfig sync-worker-recursion`,
];
