/** A metric as CloudWatch knows it. What it is of may have its name only once it is made. */
export interface Metric<Name> {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, Name>>;
}

/**
 * Of a queue.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
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

/**
 * Of a function.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
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
 * Of an HTTP API; those of a REST API have other names.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 */
export function apiMetric<Name>(
  ApiId: Name,
  metricName: '4xx' | '5xx' | 'Count' | 'Latency',
): Metric<Name> {
  return { namespace: 'AWS/ApiGateway', metricName, dimensions: { ApiId } };
}

/**
 * Of a log group.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
 */
export function logGroupMetric<Name>(
  LogGroupName: Name,
  metricName: 'IncomingBytes' | 'IncomingLogEvents',
): Metric<Name> {
  return { namespace: 'AWS/Logs', metricName, dimensions: { LogGroupName } };
}

/** What the function sync counts. */
export function syncMetric(
  namespace: string,
  metricName:
    | 'BreakerOpened'
    | 'Conflicts'
    | 'DeadLettered'
    | 'Evicted'
    | 'Expired'
    | 'ExpiredLag'
    | 'Folded'
    | 'Hidden'
    | 'LinkLag'
    | 'Linked'
    | 'OwnLag'
    | 'Rejected'
    | 'Removed'
    | 'Restored'
    | 'Retry'
    | 'Settled'
    | 'Stale'
    | 'TitlesDropped'
    | 'TwilioCalls'
    | 'Unauthorized'
    | 'Unchanged'
    | 'Unmatched'
    | 'Waiting',
): Metric<string> {
  return { namespace, metricName, dimensions: { service: 'sync' } };
}

/** What the function crm-change counts of one source. */
export function sourceMetric(
  namespace: string,
  source: string,
  metricName: 'Accepted' | 'Failed' | 'Ignored' | 'Refused',
): Metric<string> {
  return { namespace, metricName, dimensions: { service: 'crm-change', source } };
}

/** What the function task-event counts. */
export function taskEventMetric(
  namespace: string,
  metricName: 'Events' | 'EventsFailed' | 'EventsRefused' | 'NamedTickets' | 'Settles',
): Metric<string> {
  return { namespace, metricName, dimensions: { service: 'task-event' } };
}

/** Requests to the routes of webhooks and events that the API turned away with 429. */
export function throttledRequestsMetric(namespace: string): Metric<string> {
  return {
    namespace,
    metricName: 'TurnedAway',
    dimensions: {},
  };
}
