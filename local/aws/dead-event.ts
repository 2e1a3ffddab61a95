import { SendMessageCommand } from '@aws-sdk/client-sqs';

const longestMessage = 1024;

/**
 * An event that a function failed on to the last, as Lambda sends it to the dead-letter queue: the
 * event as it was, the error beside it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export const deadEvent = (
  queueUrl: string,
  event: { readonly id: string },
  error: unknown,
): SendMessageCommand => {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  const message = error instanceof Error ? error.message : String(error);
  return new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: JSON.stringify(event),
    MessageAttributes: {
      RequestID: text(event.id),
      ErrorCode: { DataType: 'Number', StringValue: '200' },
      ErrorMessage: text(message.slice(0, longestMessage) || 'none'),
    },
  });
};
