import {
  BatchRequestTooLong,
  InvalidMessageContents,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { replayAttributes } from '../../shared/messages/message.ts';
import type { DeadLetter } from './dead-letter.ts';

/** What SQS answered for each dead letter. */
interface SendResult {
  sent: readonly { deadLetter: DeadLetter; messageId?: string }[];
  failed: readonly { deadLetter: DeadLetter; code?: string }[];
}

/**
 * Sends up to ten dead letters to the queue, each marked with its replay. If SQS rejects the request for the
 * content of a message, each is sent alone: the mark can make one of nearly the maximum length too long, and
 * it must not block the others.
 * @throws an error of SQS that is not about a message
 */
export async function sendDeadLetters(
  sqs: SQSClient,
  queueUrl: string,
  replayId: string,
  deadLetters: readonly DeadLetter[],
): Promise<SendResult> {
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
        return deadLetter === undefined
          ? []
          : [{ deadLetter, ...(MessageId && { messageId: MessageId }) }];
      }),
      failed: Failed.flatMap(({ Id, Code }) => {
        const deadLetter = deadLetters[Number(Id)];
        return deadLetter === undefined ? [] : [{ deadLetter, ...(Code && { code: Code }) }];
      }),
    };
  } catch (error) {
    if (!isMessageError(error)) throw error;
    if (deadLetters.length === 1) {
      return {
        sent: [],
        failed: deadLetters.map((deadLetter) => ({ deadLetter, code: error.name })),
      };
    }
    const results = await Promise.all(
      deadLetters.map((deadLetter) => sendDeadLetters(sqs, queueUrl, replayId, [deadLetter])),
    );
    return {
      sent: results.flatMap(({ sent }) => sent),
      failed: results.flatMap(({ failed }) => failed),
    };
  }
}

/** Errors with which SQS rejects a whole request because of one message. */
function isMessageError(error: unknown): error is Error {
  return error instanceof BatchRequestTooLong || error instanceof InvalidMessageContents;
}
