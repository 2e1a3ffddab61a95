import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { buildApp } from 'fauxqs';
import * as z from 'zod';

const account = '000000000000';
const Start = z.object({
  SourceArn: z.string(),
  DestinationArn: z.string(),
  MaxNumberOfMessagesPerSecond: z.int().min(1).max(500).default(500),
});
const List = z.object({ SourceArn: z.string(), MaxResults: z.int().min(1).max(10).default(1) });
const Cancel = z.object({ TaskHandle: z.string() });

const Received = z.object({
  Messages: z
    .array(
      z.object({
        ReceiptHandle: z.string(),
        Body: z.string(),
        MessageAttributes: z.unknown().optional(),
        Attributes: z.object({ MessageGroupId: z.string().optional() }).optional(),
      }),
    )
    .default([]),
});
const Depth = z.object({
  Attributes: z.object({ ApproximateNumberOfMessages: z.coerce.number() }),
});

interface Move {
  readonly handle: string;
  readonly sourceArn: string;
  readonly destinationArn: string;
  readonly startedAt: number;
  status: 'RUNNING' | 'CANCELLED' | 'COMPLETED' | 'FAILED';
  moved: number;
  toMove: number;
  failure?: string;
}

/**
 * Teaches fauxqs what it lacks: to move dead letters by itself, all of them, to the queue that is named. A
 * queue has one such move at a time.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export const addMoveTasks = (app: ReturnType<typeof buildApp>): void => {
  const moves: Move[] = [];

  const ask = async (operation: string, payload: object): Promise<unknown> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${operation}`,
    };
    const body = JSON.stringify(payload);
    const answer = await app.inject({ method: 'POST', url: '/', headers, payload: body });
    if (answer.statusCode !== 200) throw new Error(`${operation}: ${answer.body}`);
    return answer.body === '' ? undefined : answer.json();
  };
  const urlOf = (arn: string): string => `http://localhost/${account}/${arn.split(':').at(-1)}`;

  const run = async (move: Move, perSecond: number): Promise<void> => {
    const source = urlOf(move.sourceArn);
    const destination = urlOf(move.destinationArn);
    while (move.status === 'RUNNING') {
      const received = Received.parse(
        await ask('ReceiveMessage', {
          QueueUrl: source,
          MaxNumberOfMessages: Math.min(10, perSecond),
          MessageAttributeNames: ['All'],
          AttributeNames: ['All'],
        }),
      );
      if (received.Messages.length === 0) {
        move.status = 'COMPLETED';
        return;
      }
      for (const { Body, MessageAttributes, Attributes, ReceiptHandle } of received.Messages) {
        await ask('SendMessage', {
          QueueUrl: destination,
          MessageBody: Body,
          MessageAttributes,
          MessageGroupId: Attributes?.MessageGroupId,
        });
        await ask('DeleteMessage', { QueueUrl: source, ReceiptHandle });
        move.moved += 1;
      }
      await delay((received.Messages.length / perSecond) * 1000, undefined, { ref: false });
    }
  };

  const begin = async (body: unknown): Promise<object | string> => {
    const request = Start.parse(body);
    const { SourceArn: sourceArn, DestinationArn: destinationArn } = request;
    if (moves.some((move) => move.sourceArn === sourceArn && move.status === 'RUNNING')) {
      return 'There is already a task running. Only one active task is allowed for a source queue.';
    }
    const depth = await ask('GetQueueAttributes', {
      QueueUrl: urlOf(sourceArn),
      AttributeNames: ['ApproximateNumberOfMessages'],
    });
    const move: Move = {
      handle: randomUUID(),
      sourceArn,
      destinationArn,
      startedAt: Date.now(),
      status: 'RUNNING',
      moved: 0,
      toMove: Depth.parse(depth).Attributes.ApproximateNumberOfMessages,
    };
    moves.unshift(move);
    run(move, request.MaxNumberOfMessagesPerSecond).catch((error: unknown) => {
      move.status = 'FAILED';
      move.failure = String(error);
    });
    return { TaskHandle: move.handle };
  };

  const list = (body: unknown): object => {
    const { SourceArn, MaxResults } = List.parse(body);
    const own = moves.filter(({ sourceArn }) => sourceArn === SourceArn).slice(0, MaxResults);
    return {
      Results: own.map((move) => ({
        ...(move.status === 'RUNNING' && { TaskHandle: move.handle }),
        Status: move.status,
        SourceArn,
        DestinationArn: move.destinationArn,
        ApproximateNumberOfMessagesMoved: move.moved,
        ApproximateNumberOfMessagesToMove: move.toMove,
        FailureReason: move.failure,
        StartedTimestamp: move.startedAt,
      })),
    };
  };

  const cancel = (body: unknown): object | string => {
    const { TaskHandle } = Cancel.parse(body);
    const move = moves.find(({ handle }) => handle === TaskHandle);
    if (move?.status !== 'RUNNING') return 'The task is not running.';
    move.status = 'CANCELLED';
    return { ApproximateNumberOfMessagesMoved: move.moved };
  };

  const operations: Readonly<
    Record<string, (body: unknown) => object | string | Promise<object | string>>
  > = {
    'AmazonSQS.StartMessageMoveTask': begin,
    'AmazonSQS.ListMessageMoveTasks': list,
    'AmazonSQS.CancelMessageMoveTask': cancel,
  };

  app.addHook('preHandler', async (request, reply) => {
    const operation = operations[String(request.headers['x-amz-target'])];
    if (operation === undefined) return undefined;
    const answer = await operation(request.body);
    if (typeof answer !== 'string') return reply.send(answer);
    return reply.status(400).send({
      __type: 'com.amazonaws.sqs#UnsupportedOperation',
      message: answer,
    });
  });
};
