import { CreateQueueCommand, type QueueAttributeName, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { deadLetterRetentionSeconds, queueRetentionSeconds } from '../../shared/config/numbers.ts';

/** The account that fauxqs puts every queue in. */
const account = '000000000000';
const action = (target: string | string[] | undefined) => String(target).replace('AmazonSQS.', '');
const urlsInAnswerOf = ['CreateQueue', 'GetQueueUrl', 'ListQueues'];

interface Received {
  readonly Messages?: readonly { readonly ReceiptHandle: string }[];
}

/** SQS's own, of a queue that was made without. */
const usualVisibilitySeconds = 30;

/** A request, or an entry of one, as far as it has to do with time. */
interface Timed {
  QueueUrl?: string;
  VisibilityTimeout?: number;
  DelaySeconds?: number;
  WaitTimeSeconds?: number;
  Entries?: Timed[];
}

/** Turns the seconds of a request into shorter ones. fauxqs takes parts of a second. */
const hasten = (timed: Timed, timeFactor: number): void => {
  if (timed.VisibilityTimeout !== undefined) timed.VisibilityTimeout /= timeFactor;
  if (timed.DelaySeconds !== undefined) timed.DelaySeconds /= timeFactor;
  if (timed.WaitTimeSeconds !== undefined) timed.WaitTimeSeconds /= timeFactor;
  for (const entry of timed.Entries ?? []) hasten(entry, timeFactor);
};

/**
 * An SQS server on 127.0.0.1 with one queue and its dead-letter queue, and one for the dead events
 * of EventBridge. Two things are put right on
 * top of fauxqs: its queue URLs name a host that need not resolve, and it loses what a receiver that
 * went away would have got until the visibility timeout; here such messages are visible again at once.
 */
export const startQueues = async (options: {
  port?: number | undefined;
  queue: string;
  deadLetterQueue: string;
  eventDeadLetterQueue: string;
  visibilitySeconds: number;
  maxReceiveCount: number;
  /** How many of the queues' seconds pass in one: delays, waits and visibility timeouts are that much shorter. */
  timeFactor?: number | undefined;
}) => {
  const app = buildApp({ logger: false, defaultRegion: 'us-east-1' });
  const { timeFactor = 1 } = options;

  const giveBack = async (queueUrl: string, messages: NonNullable<Received['Messages']>) => {
    const Entries = messages.map(({ ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await app.inject({
      method: 'POST',
      url: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.ChangeMessageVisibilityBatch',
      },
      payload: JSON.stringify({ QueueUrl: queueUrl, Entries }),
    });
  };

  app.addHook('preHandler', async (request) => {
    if (timeFactor === 1) return;
    const timed = request.body as Timed;
    if (action(request.headers['x-amz-target']) === 'ReceiveMessage') {
      // The queue's own is counted in whole seconds.
      const isMain = timed.QueueUrl?.endsWith(`/${options.queue}`);
      timed.VisibilityTimeout ??= isMain ? options.visibilitySeconds : usualVisibilitySeconds;
    }
    hasten(timed, timeFactor);
  });

  app.addHook('onSend', async (request, _reply, payload) => {
    if (typeof payload !== 'string') return payload;
    const asked = action(request.headers['x-amz-target']);
    if (urlsInAnswerOf.includes(asked)) {
      return payload.replaceAll(/http:\/\/sqs\.[a-z0-9-]+\.localhost:\d+/g, url);
    }
    if (asked === 'ReceiveMessage' && request.raw.socket.destroyed) {
      const { Messages = [] }: Received = JSON.parse(payload);
      const { QueueUrl } = request.body as { QueueUrl: string };
      if (Messages.length > 0) await giveBack(QueueUrl, Messages);
    }
    return payload;
  });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });

  const sqs = new SQSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const create = async (name: string, attributes: Partial<Record<QueueAttributeName, string>>) => {
    await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return `${url}/${account}/${name}`;
  };
  const keptLong = { MessageRetentionPeriod: String(deadLetterRetentionSeconds) };
  const deadLetterQueueUrl = await create(options.deadLetterQueue, keptLong);
  const eventDeadLetterQueueUrl = await create(options.eventDeadLetterQueue, keptLong);
  const queueUrl = await create(options.queue, {
    VisibilityTimeout: String(options.visibilitySeconds),
    MessageRetentionPeriod: String(queueRetentionSeconds),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:us-east-1:${account}:${options.deadLetterQueue}`,
      maxReceiveCount: options.maxReceiveCount,
    }),
  });

  return {
    url,
    queueUrl,
    deadLetterQueueUrl,
    eventDeadLetterQueueUrl,
    /** A client that is set up for these queues. */
    sqs,
    close: async () => {
      sqs.destroy();
      await app.close();
    },
  };
};
