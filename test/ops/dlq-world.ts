import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { toDeadLetter } from '../../lambdas/sync/fate/dead-letter.ts';
import type { DeadLetterReason } from '../../lambdas/sync/fate/triage.ts';
import { startQueues } from '../../local/aws/queues.ts';
import type { Message as Body } from '../../shared/message/message.ts';
import { toBatches } from '../../shared/queue/request-chunks.ts';
import { receivedTimes } from '../sync/world.ts';
import { folder, runIn, writeWorld } from './command-line.ts';

const hour = 3_600_000;

/** A dead letter to be: a message, or a body that is none, and why it is dead. */
export interface Letter {
  readonly body: Body | string;
  /** None: SQS took it away, and nobody says why. */
  readonly reason?: DeadLetterReason;
  readonly tries?: number;
}

const textOf = ({ body }: Letter): string =>
  typeof body === 'string' ? body : JSON.stringify(body);

/** A dead letter as the sync itself writes it. */
const entryOf = (letter: Letter) => {
  const body = textOf(letter);
  if (letter.reason === undefined) return { MessageBody: body };
  const message = typeof letter.body === 'string' ? undefined : letter.body;
  const record = receivedTimes(letter.tries ?? 25, {
    messageId: 'm',
    receiptHandle: 'r',
    body,
    attributes: {
      ApproximateReceiveCount: '',
      SentTimestamp: String(Date.now() - hour),
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  });
  return toDeadLetter(
    { record, tries: letter.tries ?? 25, ...(message && { message }) },
    { reason: letter.reason, detail: `${letter.reason}: HTTP 503` },
    Date.now() - hour,
  );
};

/** The queues of an embedded world, and command lines about it. Time runs faster there if asked for. */
export const dlqWorld = async ({
  timeFactor = 1,
  ...change
}: {
  readonly timeFactor?: number;
  readonly [fact: string]: unknown;
} = {}) => {
  const queues = await startQueues({
    queue: 'changes',
    deadLetterQueue: 'dead',
    eventDeadLetterQueue: 'event-dead',
    visibilitySeconds: 180,
    maxReceiveCount: 2,
    timeFactor,
  });
  onTestFinished(queues.close);
  const { sqs, queueUrl, deadLetterQueueUrl } = queues;
  const root = await folder();
  const where = { sqs: queues.url, queueUrl, deadLetterQueueUrl };
  // The commands ask whether it runs by asking TaskRouter.
  await writeWorld(root, { taskrouter: queues.url, ...where, ...change });

  /** Takes all messages that are visible out of a queue. */
  const drain = async (url: string): Promise<Message[]> => {
    const all: Message[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return all;
      all.push(...Messages);
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }
  };

  return {
    root,
    queues,
    where,
    ops: runIn(root),
    fill: async (letters: readonly Letter[]): Promise<void> => {
      for (const some of toBatches(letters.map(entryOf))) {
        const Entries = some.map((entry, index) => ({ ...entry, Id: String(index) }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: deadLetterQueueUrl, Entries }));
      }
    },
    /** What is visible in the queue of changes, or among the dead letters; it is gone then. */
    takeChanges: () => drain(queueUrl),
    takeDead: () => drain(deadLetterQueueUrl),
  };
};
export type DlqWorld = Awaited<ReturnType<typeof dlqWorld>>;
