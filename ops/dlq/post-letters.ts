import {
  BatchRequestTooLong,
  InvalidMessageContents,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { replayAttributes } from '../../shared/message/replay-mark.ts';
import type { DeadLetter } from './dead-letter.ts';

/** What the queue of changes made of letters. */
export interface SendResult {
  readonly sent: readonly { readonly deadLetter: DeadLetter; readonly messageId?: string }[];
  readonly failed: readonly { readonly deadLetter: DeadLetter; readonly code?: string }[];
}

/** What SQS says of a whole request for the sake of a message that it will never take. */
const isMessageError = (error: unknown): error is Error =>
  error instanceof BatchRequestTooLong || error instanceof InvalidMessageContents;

/**
 * Sends up to ten letters to the queue of changes, each marked with the replay that sends it. Where SQS will not
 * have them together each is sent alone, so that one of nearly the greatest length, which the mark makes too
 * long, holds up no other.
 * @throws what SQS throws where it is not for the sake of a letter
 */
export const sendDeadLetters = async (
  sqs: SQSClient,
  queueUrl: string,
  replayId: string,
  deadLetters: readonly DeadLetter[],
): Promise<SendResult> => {
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: deadLetters.map(({ id, body, group }, index) => ({
      Id: String(index),
      MessageBody: body,
      ...(group !== undefined && { MessageGroupId: group }),
      MessageAttributes: replayAttributes({ replay: replayId, deadLetterId: id }),
    })),
  });
  try {
    const { Successful = [], Failed = [] } = await sqs.send(command);
    return {
      sent: Successful.flatMap(({ Id, MessageId }) => {
        const deadLetter = deadLetters[Number(Id)];
        return deadLetter === undefined ? [] : [{ deadLetter, ...(MessageId && { messageId: MessageId }) }];
      }),
      failed: Failed.flatMap(({ Id, Code }) => {
        const deadLetter = deadLetters[Number(Id)];
        return deadLetter === undefined ? [] : [{ deadLetter, ...(Code && { code: Code }) }];
      }),
    };
  } catch (error) {
    if (!isMessageError(error)) throw error;
    if (deadLetters.length === 1) {
      return { sent: [], failed: deadLetters.map((deadLetter) => ({ deadLetter, code: error.name })) };
    }
    const results = await Promise.all(
      deadLetters.map((deadLetter) => sendDeadLetters(sqs, queueUrl, replayId, [deadLetter])),
    );
    return {
      sent: results.flatMap(({ sent }) => sent),
      failed: results.flatMap(({ failed }) => failed),
    };
  }
};
