import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { messageGroupId } from '../../../shared/message/message.ts';
import { readReplayMark, replayAttributes } from '../../../shared/message/replay-mark.ts';
import { SourceName } from '../../../shared/message/ticket-change.ts';
import type { Handled } from '../handled.ts';
import type { SqsMessage } from './send-messages.ts';
import type { DeadLetterReason } from './triage.ts';

const maxDetailLength = 256;

const text = (value: string): MessageAttributeValue => ({
  DataType: 'String',
  StringValue: value,
});
const number = (value: number): MessageAttributeValue => ({
  DataType: 'Number',
  StringValue: String(value),
});

/**
 * A record as it goes to the dead-letter queue: the body untouched, so that a replay sends what was
 * received, and beside it what an operator sorts and filters by. Times are milliseconds since 1970.
 * SQS allows ten attributes and none that is empty. Where the body does not tell the source, the
 * message's group does; a settle has none. One that was replayed bears the mark of that.
 */
export const toDeadLetter = (
  { record, tries, message }: Pick<Handled, 'record' | 'tries' | 'message'>,
  { reason, detail }: { readonly reason: DeadLetterReason; readonly detail: string },
  now: number,
): SqsMessage => {
  const group = message === undefined ? record.attributes.MessageGroupId : messageGroupId(message);
  const mark = readReplayMark(record.messageAttributes);
  const source = SourceName.safeParse(group).data;
  return {
    MessageBody: record.body,
    MessageAttributes: {
      reason: text(reason),
      detail: text(detail.slice(0, maxDetailLength) || reason),
      tries: number(tries),
      firstSeen: number(message?.receivedAt ?? Number(record.attributes.SentTimestamp)),
      lastTried: number(now),
      ...(source !== undefined && { source: text(source) }),
      ...(message?.kind === 'ticket-change' && { ticket: text(message.ticket) }),
      ...(message?.kind === 'settle' && { task: text(message.taskSid) }),
      ...(mark !== undefined && replayAttributes(mark)),
    },
  };
};
