import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  BatchRequestTooLong,
  InvalidMessageContents,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { replayAttributes } from '../../shared/messages/message.ts';
import { queueOf } from '../../shared/messages/queue-of.ts';
import { awsClientOptions, toAwsFailure } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { DeadLetter } from './dead-letter.ts';

/** The result for each dead letter. */
export interface SendResult {
  sent: readonly { deadLetter: DeadLetter; messageId?: string | undefined }[];
  failed: readonly { deadLetter: DeadLetter; code?: string | undefined }[];
}

/**
 * Sends up to ten dead letters to their queues. Each is marked with its replay. If SQS rejects the request because
 * of one message, each message is sent alone: the mark can make a message too long that is near the maximum length,
 * and this must not block the others.
 * @throws an error of SQS that is not about a message
 */
export async function sendDeadLetters(
  sqs: SQSClient,
  queueUrls: Deployment['queueUrls'],
  replayId: string,
  deadLetters: readonly DeadLetter[],
): Promise<SendResult> {
  const byQueue = Map.groupBy(deadLetters, ({ message }) => queueUrls[queueOf(message)]);
  return combine(
    await Promise.all(
      [...byQueue].map(([url, ofQueue]) => sendToQueue(sqs, url, replayId, ofQueue)),
    ),
  );
}

async function sendToQueue(
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
    return combine(
      await Promise.all(
        deadLetters.map((deadLetter) => sendToQueue(sqs, queueUrl, replayId, [deadLetter])),
      ),
    );
  }
}

function combine(results: readonly SendResult[]): SendResult {
  return {
    sent: results.flatMap(({ sent }) => sent),
    failed: results.flatMap(({ failed }) => failed),
  };
}

/** Errors with which SQS rejects a whole request because of one message. */
function isMessageError(error: unknown): error is Error {
  return error instanceof BatchRequestTooLong || error instanceof InvalidMessageContents;
}

/**
 * Creates a function that sends EventBridge events to crm-change again, and waits for the responses. If crm-change
 * fails on an event, the event stays in the queue. An event that is accepted twice changes nothing.
 * @throws Failure if Lambda does not run the function
 */
export function createEventSender({ aws, functions }: Pick<Deployment, 'aws' | 'functions'>) {
  const options = awsClientOptions(aws.lambda);
  const requestHandler = { ...options.requestHandler, requestTimeout: functionTimeoutMs + 5000 };
  const lambda = new LambdaClient({ ...options, requestHandler });
  const limit = pLimit(parallelInvocations);
  /** @returns the error of crm-change. Undefined if it accepted the event */
  const invoke = async (event: string): Promise<string | undefined> => {
    const command = new InvokeCommand({ FunctionName: functions.crmChange, Payload: event });
    const { FunctionError, Payload } = await lambda.send(command);
    if (FunctionError === undefined) return undefined;
    const text = Payload === undefined ? '' : Buffer.from(Payload).toString();
    return FunctionErrorBody.safeParse(text).data?.errorMessage ?? FunctionError;
  };
  return async (deadLetters: readonly DeadLetter[]): Promise<SendResult> => {
    try {
      const results = await limit.map(deadLetters, async (deadLetter) => ({
        deadLetter,
        code: await invoke(deadLetter.body),
      }));
      return {
        sent: results.filter(({ code }) => code === undefined),
        failed: results.filter(({ code }) => code !== undefined),
      };
    } catch (error) {
      throw toAwsFailure(error, 'Invoking crm-change', 'The event stays in the queue.');
    }
  };
}

/** The timeout of crm-change. */
const functionTimeoutMs = 10_000;

/** Webhooks need the other instances of the function. */
const parallelInvocations = 2;

/** The answer of a function that threw. Source: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const FunctionErrorBody = jsonText(z.looseObject({ errorMessage: z.string() }));
