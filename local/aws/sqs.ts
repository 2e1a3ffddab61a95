import { CreateQueueCommand, type QueueAttributeName, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { deadLetterRetentionSeconds, queueRetentionSeconds } from '../../shared/config/limits.ts';

/** The account of all queues in fauxqs. */
const accountId = '000000000000';

const actionsWithQueueUrls = ['CreateQueue', 'GetQueueUrl', 'ListQueues'];

interface ReceiveMessageResult {
  Messages?: readonly { ReceiptHandle: string }[];
}

/** The default of SQS, in seconds. */
const defaultVisibilitySeconds = 30;

/** The fields of a request, or of an entry in a request, that are times. */
interface TimedRequest {
  QueueUrl?: string;
  VisibilityTimeout?: number;
  DelaySeconds?: number;
  WaitTimeSeconds?: number;
  Entries?: TimedRequest[];
}

/**
 * Starts an SQS server on 127.0.0.1. It has the given queues, one dead-letter queue for all of them, and one queue
 * for event dead letters. Two faults of fauxqs are corrected. The host in its queue URLs may not resolve. And if a
 * receiver closes its connection, fauxqs hides the messages for it until the visibility timeout; here they are
 * visible again at once.
 */
export async function startSqs<Name extends string>(options: {
  port?: number | undefined;
  /** Names of the queues that send to the dead-letter queue. */
  queues: readonly Name[];
  deadLetterQueue: string;
  eventDeadLetterQueue: string;
  visibilitySeconds: number;
  maxReceiveCount: number;
  /**
   * How much faster than real time the queues run: 60 means that a delay, wait or visibility timeout of one minute
   * takes a second.
   */
  timeFactor?: number | undefined;
  /** Called after messages were sent to the dead-letter queue, before SQS responds. */
  onDeadLetter?: (() => void) | undefined;
}) {
  const app = buildApp({ logger: false, defaultRegion: 'us-east-1' });
  const { timeFactor = 1 } = options;

  const makeVisible = async (
    queueUrl: string,
    messages: NonNullable<ReceiveMessageResult['Messages']>,
  ) => {
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
    const timed = request.body as TimedRequest;
    if (actionOf(request.headers['x-amz-target']) === 'ReceiveMessage') {
      // fauxqs counts the visibility timeout of a queue in whole seconds.
      const isSourceQueue = options.queues.some((name) => timed.QueueUrl?.endsWith(`/${name}`));
      timed.VisibilityTimeout ??= isSourceQueue
        ? options.visibilitySeconds
        : defaultVisibilitySeconds;
    }
    scaleTimes(timed, timeFactor);
  });

  app.addHook('onSend', async (request, _reply, payload) => {
    if (typeof payload !== 'string') return payload;
    const requestedAction = actionOf(request.headers['x-amz-target']);
    const { QueueUrl: target } = Object(request.body);
    if (requestedAction === 'SendMessageBatch' && target === deadLetterQueueUrl) {
      options.onDeadLetter?.();
    }
    if (actionsWithQueueUrls.includes(requestedAction)) {
      return payload.replaceAll(/http:\/\/sqs\.[a-z0-9-]+\.localhost:\d+/g, url);
    }
    if (requestedAction === 'ReceiveMessage' && request.raw.socket.destroyed) {
      const { Messages = [] }: ReceiveMessageResult = JSON.parse(payload);
      const { QueueUrl } = request.body as { QueueUrl: string };
      if (Messages.length > 0) await makeVisible(QueueUrl, Messages);
    }
    return payload;
  });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });

  const sqs = new SQSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const createQueue = async (
    name: string,
    attributes: Partial<Record<QueueAttributeName, string>>,
  ) => {
    await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return `${url}/${accountId}/${name}`;
  };
  const deadLetterQueueAttributes = { MessageRetentionPeriod: String(deadLetterRetentionSeconds) };
  const deadLetterQueueUrl = await createQueue(options.deadLetterQueue, deadLetterQueueAttributes);
  const eventDeadLetterQueueUrl = await createQueue(
    options.eventDeadLetterQueue,
    deadLetterQueueAttributes,
  );
  const sourceQueueAttributes = {
    VisibilityTimeout: String(options.visibilitySeconds),
    MessageRetentionPeriod: String(queueRetentionSeconds),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:us-east-1:${accountId}:${options.deadLetterQueue}`,
      maxReceiveCount: options.maxReceiveCount,
    }),
  };
  const queueUrls = await Promise.all(
    options.queues.map(
      async (name) => [name, await createQueue(name, sourceQueueAttributes)] as const,
    ),
  );

  return {
    url,
    queueUrls: Object.fromEntries(queueUrls) as Record<Name, string>,
    deadLetterQueueUrl,
    eventDeadLetterQueueUrl,
    /** A client for these queues. */
    sqs,
    close: async () => {
      sqs.destroy();
      await app.close();
    },
  };
}

function actionOf(target: string | string[] | undefined) {
  return String(target).replace('AmazonSQS.', '');
}

/** Shortens the times in a request. fauxqs accepts fractions of a second. */
function scaleTimes(timed: TimedRequest, timeFactor: number): void {
  if (timed.VisibilityTimeout !== undefined) timed.VisibilityTimeout /= timeFactor;
  if (timed.DelaySeconds !== undefined) timed.DelaySeconds /= timeFactor;
  if (timed.WaitTimeSeconds !== undefined) timed.WaitTimeSeconds /= timeFactor;
  for (const entry of timed.Entries ?? []) scaleTimes(entry, timeFactor);
}
