import { messageGroupId } from '../../../shared/message/message.ts';
import { readReplayMark, replayAttributes } from '../../../shared/message/replay-mark.ts';
import type { Handled } from '../handled.ts';
import type { SqsMessage } from './send-messages.ts';

/**
 * A fresh copy of a record for the queue it came from, in the group that its message has. A replayed one
 * can still be followed.
 */
export const toRequeued = (
  { record, message }: Pick<Handled, 'record' | 'message'>,
  delaySeconds: number,
): SqsMessage => {
  const group = message === undefined ? record.attributes.MessageGroupId : messageGroupId(message);
  const mark = readReplayMark(record.messageAttributes);
  return {
    MessageBody: record.body,
    DelaySeconds: delaySeconds,
    ...(mark !== undefined && { MessageAttributes: replayAttributes(mark) }),
    ...(group !== undefined && { MessageGroupId: group }),
  };
};
