import { groupOf } from '../../../shared/message/message.ts';
import type { Handled } from '../handled.ts';
import type { Message } from './send-messages.ts';

/** A fresh copy of a record for the queue it came from, in the group that its message has. */
export const freshCopy = (
  { record, message }: Pick<Handled, 'record' | 'message'>,
  delaySeconds: number,
): Message => {
  const group = message === undefined ? record.attributes.MessageGroupId : groupOf(message);
  return {
    MessageBody: record.body,
    DelaySeconds: delaySeconds,
    ...(group !== undefined && { MessageGroupId: group }),
  };
};
