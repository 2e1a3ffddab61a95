import {
  BatchRequestTooLong,
  InvalidMessageContents,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { replayAttributes } from '../../shared/message/replay-mark.ts';
import type { DeadLetter } from './dead-letter.ts';

/** What the queue of changes made of letters. */
export interface Posted {
  readonly taken: readonly { readonly letter: DeadLetter; readonly messageId?: string }[];
  readonly refused: readonly { readonly letter: DeadLetter; readonly code?: string }[];
}

/** What SQS says of a whole request for the sake of a message that it will never take. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof BatchRequestTooLong || error instanceof InvalidMessageContents;

/**
 * Sends up to ten letters to the queue of changes, each marked with the replay that sends it. Where SQS will not
 * have them together each is sent alone, so that one of nearly the greatest length, which the mark makes too
 * long, holds up no other.
 * @throws what SQS throws where it is not for the sake of a letter
 */
export const postLetters = async (
  sqs: SQSClient,
  queueUrl: string,
  replay: string,
  letters: readonly DeadLetter[],
): Promise<Posted> => {
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: letters.map(({ id, body, group }, index) => ({
      Id: String(index),
      MessageBody: body,
      ...(group !== undefined && { MessageGroupId: group }),
      MessageAttributes: replayAttributes({ replay, deadLetterId: id }),
    })),
  });
  try {
    const { Successful = [], Failed = [] } = await sqs.send(command);
    return {
      taken: Successful.flatMap(({ Id, MessageId }) => {
        const letter = letters[Number(Id)];
        return letter === undefined ? [] : [{ letter, ...(MessageId && { messageId: MessageId }) }];
      }),
      refused: Failed.flatMap(({ Id, Code }) => {
        const letter = letters[Number(Id)];
        return letter === undefined ? [] : [{ letter, ...(Code && { code: Code }) }];
      }),
    };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (letters.length === 1) {
      return { taken: [], refused: letters.map((letter) => ({ letter, code: error.name })) };
    }
    const alone = await Promise.all(
      letters.map((letter) => postLetters(sqs, queueUrl, replay, [letter])),
    );
    return {
      taken: alone.flatMap(({ taken }) => taken),
      refused: alone.flatMap(({ refused }) => refused),
    };
  }
};
