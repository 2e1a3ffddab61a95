import type { DeadLetterReason } from '../shared/sync/types.ts';

/** A CloudWatch metric. `Name` may be an output that is known only after the deployment. */
export interface Metric<Name> {
  namespace: string;
  metricName: string;
  dimensions: Readonly<Record<string, Name>>;
}

/** Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
export function queueMetric<Name>(
  QueueName: Name,
  metricName:
    | 'ApproximateAgeOfOldestMessage'
    | 'ApproximateNumberOfMessagesDelayed'
    | 'ApproximateNumberOfMessagesNotVisible'
    | 'ApproximateNumberOfMessagesVisible'
    | 'NumberOfEmptyReceives'
    | 'NumberOfMessagesDeleted'
    | 'NumberOfMessagesReceived'
    | 'NumberOfMessagesSent',
): Metric<Name> {
  return { namespace: 'AWS/SQS', metricName, dimensions: { QueueName } };
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export function functionMetric<Name>(
  FunctionName: Name,
  metricName:
    | 'ConcurrentExecutions'
    | 'DeadLetterErrors'
    | 'Duration'
    | 'Errors'
    | 'Invocations'
    | 'Throttles',
): Metric<Name> {
  return { namespace: 'AWS/Lambda', metricName, dimensions: { FunctionName } };
}

/**
 * A metric of an HTTP API. REST APIs have other names.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 */
export function apiMetric<Name>(ApiId: Name, metricName: '4xx' | '5xx' | 'Count'): Metric<Name> {
  return { namespace: 'AWS/ApiGateway', metricName, dimensions: { ApiId } };
}

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html */
export function logGroupMetric<Name>(
  LogGroupName: Name,
  metricName: 'IncomingBytes',
): Metric<Name> {
  return { namespace: 'AWS/Logs', metricName, dimensions: { LogGroupName } };
}

/** A metric that the sync function publishes. */
export function syncMetric(
  namespace: string,
  metricName:
    | 'CircuitOpened'
    | 'Conflicts'
    | 'Crashed'
    | 'DeadLettered'
    | `DeadLettered-${DeadLetterReason}`
    | 'Evicted'
    | 'Expired'
    | 'ExpiredLag'
    | 'HiddenByRaw'
    | 'LinkLag'
    | 'Linked'
    | 'OutOfTime'
    | 'ProcessingLag'
    | 'Reconciled'
    | 'Rejected'
    | 'Removed'
    | 'Repaired'
    | 'Retry'
    | 'RetryAge'
    | 'Stale'
    | 'SyncDidNotFinish'
    | 'TaskLevelLists'
    | 'TaskRouterInvalidResponse'
    | 'TaskRouterUnavailable'
    | 'TitlesDropped'
    | 'TwilioCalls'
    | 'Unauthorized'
    | 'Unchanged'
    | 'Unmatched'
    | 'UnmatchedLate'
    | 'UnmatchedWithSid'
    | 'Waiting'
    | 'WriteConflict'
    | 'Written',
): Metric<string> {
  return { namespace, metricName, dimensions: { service: 'sync' } };
}

/** A metric that the crm-change function publishes for one source. */
export function sourceMetric(
  namespace: string,
  source: string,
  metricName: 'Accepted' | 'ClientErrors' | 'ServerErrors',
): Metric<string> {
  return { namespace, metricName, dimensions: { service: 'crm-change', source } };
}

/** A metric that the task-event function publishes. */
export function taskEventMetric(
  namespace: string,
  metricName:
    | 'ClientErrors'
    | 'Events'
    | 'InvalidTicketIds'
    | 'Reconciles'
    | 'ServerErrors'
    | 'TicketsToLink',
): Metric<string> {
  return { namespace, metricName, dimensions: { service: 'task-event' } };
}

/** Requests of webhooks and Twilio events that got 429 from API Gateway. A metric filter counts them. */
export function throttledRequestsMetric(namespace: string): Metric<string> {
  return { namespace, metricName: 'Throttled', dimensions: {} };
}
