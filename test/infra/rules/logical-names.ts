const own = 'crm-media-sync:infra';
const queue = 'aws:sqs/queue:Queue';
const queuePolicy = 'aws:sqs/queuePolicy:QueuePolicy';
const secret = `${own}:Secrets$${own}:StoredSecret$aws:secretsmanager/secret:Secret`;
const logGroup = 'aws:cloudwatch/logGroup:LogGroup';

/**
 * The logical names of what holds data, is known to others or sets something of another resource, as stacks
 * have them by now: the types of the components around it, its own, and its name behind that of the stack. To Pulumi a resource with another
 * name is another resource, and the one that had it before is deleted.
 * Source: https://www.pulumi.com/docs/iac/concepts/resources/names/
 */
export const logicalNames: readonly string[] = [
  `${own}:EncryptionKey$aws:kms/key:Key key`,
  `${own}:EncryptionKey$aws:kms/key:Key alarms-key`,
  `${own}:RedrivableQueue$${queue} changes`,
  `${own}:RedrivableQueue$${queue} changes-dead-letters`,
  `${own}:EventDeadLetterQueue$${queue} events-dead-letters`,
  `${own}:PartnerEventBus$aws:cloudwatch/eventBus:EventBus cases-events-bus`,
  `${own}:WebhookApi$aws:apigatewayv2/api:Api webhooks`,
  `${own}:Alarms$aws:sns/topic:Topic alarms`,
  `${secret} source-zendesk`,
  `${secret} source-forms`,
  `${secret} source-soap`,
  `${secret} twilio`,
  `${secret} twilio-auth-token`,
  `${secret} twilio-shared-key`,
  `${own}:NodeFunction$${logGroup} crm-change-logs`,
  `${own}:NodeFunction$${logGroup} task-event-logs`,
  `${own}:NodeFunction$${logGroup} sync-logs`,
  `${own}:AccessLog$${logGroup} access-log`,
  `${own}:EncryptionKey$aws:kms/keyPolicy:KeyPolicy key-policy`,
  `${own}:EncryptionKey$aws:kms/keyPolicy:KeyPolicy alarms-key-policy`,
  `${own}:RedrivableQueue$${queuePolicy} changes-tls-only`,
  `${own}:RedrivableQueue$${queuePolicy} changes-dead-letters-tls-only`,
  `${own}:RedrivableQueue$aws:sqs/redriveAllowPolicy:RedriveAllowPolicy changes-redrive`,
  `${own}:EventDeadLetterQueue$${queuePolicy} events-dead-letters-policy`,
  `${own}:Alarms$aws:sns/topicPolicy:TopicPolicy alarms-policy`,
  `${own}:QueueWorker$aws:lambda/functionRecursionConfig:FunctionRecursionConfig sync-worker-recursion`,
];
