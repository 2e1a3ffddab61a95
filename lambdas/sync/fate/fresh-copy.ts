import { sourceOf } from '../../../shared/message/ticket-change.ts';
import type { Handled } from '../handled.ts';
import type { Message } from './send-messages.ts';

/**
 * A fresh copy of a record for the queue it came from. Its group, by source, is that of the door's
 * messages: it is what makes a standard queue fair between sources. Source:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export const freshCopy = (
  { record, change }: Pick<Handled, 'record' | 'change'>,
  delaySeconds: number,
): Message => {
  const group = change === undefined ? record.attributes.MessageGroupId : sourceOf(change.ticket);
  return {
    MessageBody: record.body,
    DelaySeconds: delaySeconds,
    ...(group !== undefined && { MessageGroupId: group }),
  };
};
