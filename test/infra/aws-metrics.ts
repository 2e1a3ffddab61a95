/**
 * The metrics that AWS gives for nothing, as far as we look at any, by namespace: the dimension that each of ours
 * goes by, the names, and which of them percentiles can be had of.
 * Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
 */
export const awsMetrics: Readonly<
  Record<
    string,
    {
      readonly dimension: string;
      readonly names: readonly string[];
      readonly withPercentiles: readonly string[];
    }
  >
> = {
  'AWS/SQS': {
    dimension: 'QueueName',
    names: [
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesDelayed',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesVisible',
      'NumberOfEmptyReceives',
      'NumberOfMessagesDeleted',
      'NumberOfMessagesReceived',
      'NumberOfMessagesSent',
      'SentMessageSize',
    ],
    withPercentiles: [],
  },
  'AWS/Lambda': {
    dimension: 'FunctionName',
    names: [
      'AsyncEventAge',
      'AsyncEventsDropped',
      'AsyncEventsReceived',
      'ConcurrentExecutions',
      'DeadLetterErrors',
      'Duration',
      'Errors',
      'Invocations',
      'Throttles',
    ],
    withPercentiles: ['Duration'],
  },
  'AWS/ApiGateway': {
    dimension: 'ApiId',
    names: ['4xx', '5xx', 'Count', 'DataProcessed', 'IntegrationLatency', 'Latency'],
    withPercentiles: ['IntegrationLatency', 'Latency'],
  },
  'AWS/Logs': {
    dimension: 'LogGroupName',
    names: ['IncomingBytes', 'IncomingLogEvents'],
    withPercentiles: [],
  },
};
