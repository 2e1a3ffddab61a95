import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSMessageAttributes } from 'aws-lambda';

/** What a replayed message bears, so that its operator can follow it to what it comes to. */
export interface ReplayMark {
  /** The replay that it was sent again by. */
  readonly replay: string;
  /** Its SQS message id in the dead-letter queue. A message that is sent again gets another. */
  readonly deadLetterId: string;
}

/** The mark of a message as Lambda hands it over; undefined where it was never replayed. */
export const readReplayMark = (attributes: SQSMessageAttributes): ReplayMark | undefined => {
  const replay = attributes['replay']?.stringValue;
  const deadLetterId = attributes['letter']?.stringValue;
  return replay === undefined || deadLetterId === undefined ? undefined : { replay, deadLetterId };
};

/** The mark as attributes of a message that is sent. */
export const replayAttributes = ({
  replay,
  deadLetterId,
}: ReplayMark): Record<keyof ReplayMark, MessageAttributeValue> => ({
  replay: { DataType: 'String', StringValue: replay },
  deadLetterId: { DataType: 'String', StringValue: deadLetterId },
});
