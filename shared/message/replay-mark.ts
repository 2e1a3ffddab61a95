import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSMessageAttributes } from 'aws-lambda';

/** What a replayed message bears, so that its operator can follow it to what it comes to. */
export interface ReplayMark {
  /** The replay that it was sent again by. */
  readonly replay: string;
  /** Its SQS message id in the dead-letter queue. A message that is sent again gets another. */
  readonly letter: string;
}

/** The mark of a message as Lambda hands it over; undefined where it was never replayed. */
export const readReplayMark = (attributes: SQSMessageAttributes): ReplayMark | undefined => {
  const replay = attributes['replay']?.stringValue;
  const letter = attributes['letter']?.stringValue;
  return replay === undefined || letter === undefined ? undefined : { replay, letter };
};

/** The mark as attributes of a message that is sent. */
export const replayAttributes = ({
  replay,
  letter,
}: ReplayMark): Record<keyof ReplayMark, MessageAttributeValue> => ({
  replay: { DataType: 'String', StringValue: replay },
  letter: { DataType: 'String', StringValue: letter },
});
