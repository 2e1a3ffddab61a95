import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import { toDeadLetter } from '../../../lambdas/sync/dispose.ts';
import type { DeadLetterReason } from '../../../lambdas/sync/types.ts';
import { startSqs } from '../../../local/aws/sqs.ts';
import { toBatches } from '../../../shared/aws/sqs.ts';
import type { Message as Body } from '../../../shared/messages/message.ts';
import { withReceiveCount } from '../../sync/sync-harness.ts';
import { commandRunner, temporaryFolder, writeStateFile } from '../command-line.ts';

const hour = 3_600_000;

/** A dead letter to be: a message, or a body that is none, and why it is dead. */
export interface TestDeadLetter {
  readonly body: Body | string;
  /** None: SQS took it away, and nobody says why. */
  readonly reason?: DeadLetterReason;
  readonly tries?: number;
}

const bodyText = ({ body }: TestDeadLetter): string =>
  typeof body === 'string' ? body : JSON.stringify(body);

/** A dead letter as the sync itself writes it. */
const deadLetterEntry = (spec: TestDeadLetter) => {
  const body = bodyText(spec);
  if (spec.reason === undefined) return { MessageBody: body };
  const message = typeof spec.body === 'string' ? undefined : spec.body;
  const record = withReceiveCount(spec.tries ?? 25, {
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
    { record, tries: spec.tries ?? 25, message },
    { reason: spec.reason, detail: `${spec.reason}: HTTP 503` },
    Date.now() - hour,
  );
};

/** The queues of an embedded world, and command lines about it. Time runs faster there if asked for. */
export const startDlqHarness = async ({
  timeFactor = 1,
  ...change
}: {
  readonly timeFactor?: number;
  readonly [fact: string]: unknown;
} = {}) => {
  const queues = await startSqs({
    queue: 'changes',
    deadLetterQueue: 'dead',
    eventDeadLetterQueue: 'event-dead',
    visibilitySeconds: 180,
    maxReceiveCount: 2,
    timeFactor,
  });
  onTestFinished(queues.close);
  const { sqs, queueUrl, deadLetterQueueUrl } = queues;
  const root = await temporaryFolder();
  const queueEndpoints = { sqs: queues.url, queueUrl, deadLetterQueueUrl };
  // The commands ask whether it runs by asking TaskRouter.
  await writeStateFile(root, { taskrouter: queues.url, ...queueEndpoints, ...change });

  /** Takes all messages that are visible out of a queue. */
  const receiveAndDelete = async (url: string): Promise<Message[]> => {
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
    queueEndpoints,
    ops: commandRunner(root),
    sendDeadLetters: async (specs: readonly TestDeadLetter[]): Promise<void> => {
      for (const some of toBatches(specs.map(deadLetterEntry))) {
        const Entries = some.map((entry, index) => ({ ...entry, Id: String(index) }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: deadLetterQueueUrl, Entries }));
      }
    },
    /** What is visible in the queue of changes, or among the dead letters; it is gone then. */
    receiveChanges: () => receiveAndDelete(queueUrl),
    receiveDeadLetters: () => receiveAndDelete(deadLetterQueueUrl),
  };
};
export type DlqHarness = Awaited<ReturnType<typeof startDlqHarness>>;
