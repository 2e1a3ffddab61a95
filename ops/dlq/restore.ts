import { open } from 'node:fs/promises';
import {
  type MessageAttributeValue,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import * as z from 'zod';
import { toBatches } from '../../shared/aws/sqs.ts';
import { jsonText } from '../../shared/json.ts';
import { awsClientOptions, toAwsFailure } from '../aws.ts';
import type { Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { printJson } from '../text.ts';
import { isOfSync, type QueueName, queueNames, queueOf } from './queue.ts';
import { parallelRequests } from './queue-requests.ts';

export interface RestoreSettings {
  yes?: true;
  json?: true;
}

/** `dlq restore`: sends the messages of a file that `dlq purge` wrote to the queue that they came from. */
export async function runRestore(
  deployment: Deployment,
  path: string,
  { yes, json }: RestoreSettings,
  context: Context,
): Promise<ExitCode> {
  const { name } = deployment;
  const stop = context.stopSignal();
  const { total, queueName } = await checkFile(path);
  const queue = queueOf(deployment, queueName);
  const count = `${total} ${total === 1 ? queue.one : queue.many}`;
  if (!yes) {
    context.out(
      json
        ? printJson({ deployment: name, queue: queueName, wouldRestore: total })
        : `${context.colors.bold('Restore')}, ${name}: ${count} would be put back\n\nDry run: nothing was sent. Add --yes to send them.\n`,
    );
    return exitCodes.wouldChange;
  }
  const sqs = new SQSClient(awsClientOptions(deployment.aws.sqs));
  const progress = context.progress({ label: 'Restoring', total });
  const counts = { restored: 0, failed: 0 };
  const send = async (lines: readonly PurgedMessage[]): Promise<void> => {
    const failed = await sendPurged(sqs, queue.url, lines);
    counts.failed += failed;
    counts.restored += lines.length - failed;
    progress.update(counts.restored);
  };
  try {
    const limit = pLimit(parallelRequests);
    for await (const group of groupsOf(readPurged(path), linesAtATime)) {
      if (stop.aborted) break;
      await limit.map(
        toBatches(group, ({ body }) => Buffer.byteLength(body)),
        send,
      );
    }
  } catch (error) {
    throw toAwsFailure(
      error,
      'Sending the messages',
      `${counts.restored} of ${total} were put back.`,
    );
  } finally {
    progress.end();
  }
  const stopped = stop.aborted && counts.restored < total;
  context.out(
    json
      ? printJson({ deployment: name, queue: queueName, ...counts, stopped })
      : [
          `${context.colors.bold('Restore')}, ${name}: ${counts.restored} of ${count} put back`,
          ...(stopped || counts.failed > 0
            ? ['Run this again for the others. A message that is put back twice does no harm.']
            : []),
          '',
        ].join('\n'),
  );
  if (counts.failed > 0) return exitCodes.failed;
  return stopped ? exitCodes.stopped : exitCodes.done;
}

const linesAtATime = 500;

/** The part of a line in a purge's file that a message needs. */
const PurgedMessage = jsonText(
  z.looseObject({
    queue: z.enum(queueNames),
    body: z.string(),
    group: z.string().optional(),
    attributes: z.record(z.string(), z.object({ type: z.string(), value: z.string() })),
  }),
);

type PurgedMessage = z.infer<typeof PurgedMessage>;

/**
 * Reads the whole file before any message is sent.
 * @throws Failure if the file is not from a purge of one queue
 */
async function checkFile(path: string): Promise<{ total: number; queueName: QueueName }> {
  let total = 0;
  const queues = new Set<QueueName>();
  for await (const { queue } of readPurged(path)) {
    total += 1;
    queues.add(queue);
  }
  const [queueName] = queues;
  if (queueName === undefined || queues.size > 1) {
    throw new Failure(
      queueName === undefined
        ? `The file ${path} holds no message.`
        : `The file ${path} holds messages of several queues.`,
      'Give a file that dlq purge wrote.',
    );
  }
  return { total, queueName };
}

/** @throws Failure if the file cannot be read, or if a line is not from a purge */
async function* readPurged(path: string): AsyncGenerator<PurgedMessage> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`The file ${path} could not be read (${error.code}).`, 'Check its name.', {
      cause: error,
    });
  });
  let number = 0;
  for await (const line of file.readLines()) {
    number += 1;
    const parsed = PurgedMessage.safeParse(line);
    if (!parsed.success) {
      await file.close();
      throw new Failure(
        `Line ${number} of ${path} is not a message that dlq purge wrote. Nothing was sent.`,
        'Give a file that dlq purge wrote. If the purge was killed, remove its last line: that message is still in the queue.',
      );
    }
    yield parsed.data;
  }
}

async function* groupsOf<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** @returns how many messages SQS did not accept */
async function sendPurged(
  sqs: SQSClient,
  queueUrl: string,
  messages: readonly PurgedMessage[],
): Promise<number> {
  const Entries = messages.map(({ queue, body, group, attributes }, index) => ({
    Id: String(index),
    MessageBody: body,
    // sync sends dead letters without a message group. Messages of sync's queues need one, so that the queue is
    // fair.
    ...(isOfSync(queue) && group !== undefined && { MessageGroupId: group }),
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, toAttribute(value)]),
    ),
  }));
  const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
  const { Failed = [] } = await sqs.send(command);
  return Failed.length;
}

function toAttribute({ type, value }: { type: string; value: string }): MessageAttributeValue {
  return type.startsWith('Binary')
    ? { DataType: type, BinaryValue: Buffer.from(value, 'base64') }
    : { DataType: type, StringValue: value };
}
