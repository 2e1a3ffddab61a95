import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { getRequestListener } from '@hono/node-server';
import type { SQSEvent } from 'aws-lambda';
import {
  failedMessageIds,
  startEventSourceMapping,
  toSqsRecord,
} from '../../local/aws/event-source-mapping.ts';
import { startSecretsManager } from '../../local/aws/services.ts';
import { startSqs } from '../../local/aws/sqs.ts';
import { secretNames } from '../../local/functions.ts';
import { createLifecycle } from '../../local/lifecycle.ts';
import { randomAccount } from '../../local/stack-description.ts';
import { createEmulatorApp, serveEmulator } from '../../local/taskrouter/emulator.ts';
import { EmulatorState } from '../../local/taskrouter/state.ts';
import { maxReceiveCount } from '../../shared/config/limits.ts';
import { type Message, messageGroupId } from '../../shared/messages/message.ts';
import type { Consumer } from './consumers.ts';
import { type RunningFunction, startInProcess, startThreads } from './functions.ts';

interface RigOptions {
  /** The latency of each request to TaskRouter, in milliseconds. */
  latencyMs: number;
  /** Environment variables in addition to those of the consumer. */
  variables?: Readonly<Record<string, string>>;
  /**
   * How many instances run in this process, with shared modules. That is enough to count requests. Undefined:
   * worker threads run the bundle, as many as the event source mappings allow. 0: no instance receives messages.
   */
  instancesInProcess?: number;
  /** Secrets in addition to the Twilio secret, by name. */
  secrets?: Readonly<Record<string, string>>;
  /** Called after each update of a Task, before the response. */
  onUpdate?: (taskSid: string) => void;
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

/**
 * Starts a function on this machine with the TaskRouter emulator, SQS with the function's queues, and their event
 * source mappings.
 */
export async function startRig(consumer: Consumer, options: RigOptions) {
  const { start, closeAll } = createLifecycle();
  const account = randomAccount();
  const { onUpdate = () => {} } = options;
  const state = new EmulatorState({
    ...account,
    settings: { latencyMs: options.latencyMs },
    onUpdate,
  });
  const listener = getRequestListener(createEmulatorApp(state).fetch);
  const emulator = await start(serveEmulator(state, listener));
  const { accountSid, apiKey, apiSecret } = account;
  const twilioSecret = JSON.stringify({ accountSid, apiKey, apiSecret });
  const secretTexts = { ...options.secrets, [secretNames.twilio]: twilioSecret };
  const secrets = await start(startSecretsManager(secretTexts));
  const queues = await start(startQueues(consumer));
  const { sqs, queueUrls } = queues;
  const surroundings = {
    account,
    taskrouter: emulator.url,
    sqs: queues.url,
    secretsManager: secrets.url,
    queueUrls,
    deadLetterQueueUrl: queues.deadLetterQueueUrl,
  };
  const environment = { ...(await consumer.variables(surroundings)), ...options.variables };
  const { instancesInProcess: instances } = options;
  const { invoke } =
    instances === undefined
      ? await start(startThreads(consumer, environment))
      : await start(startInProcess(consumer, environment, instances));
  for (const { queue, windowSeconds, ...lane } of instances === 0 ? [] : consumer.lanes) {
    const mapping = await startEventSourceMapping({
      ...lane,
      sqs,
      queueUrl: queueUrls[queue] ?? '',
      windowMs: windowSeconds * 1000,
      invoke,
      log: () => {},
    });
    await start(Promise.resolve({ close: mapping.stop }));
  }

  return {
    state,
    surroundings,
    environment,
    /** How many requests the consumer has sent to TaskRouter. */
    calls: () => Object.values(state.stats.calls).reduce((sum, count) => sum + count, 0),
    createTask: (attributes: object) => createTask(state, attributes),
    /** Sends messages to their queues. */
    send: (messages: readonly Message[]) => sendMessages(sqs, consumer, queueUrls, messages),
    /**
     * Invokes the function with batches, all at once, as SQS does. Delivers failed messages again.
     * @returns the number of redeliveries
     */
    deliver: (batches: readonly (readonly Message[])[]) => deliverAll(invoke, batches),
    /** Waits until all queues are empty. */
    waitUntilEmpty: async (): Promise<void> => {
      while ((await messagesIn(sqs)) > 0) await sleep(pollMs);
    },
    close: closeAll,
  };
}

const pollMs = 50;

/** Starts SQS with the queues of a consumer and one dead-letter queue for all of them. */
function startQueues({ lanes, visibilitySeconds }: Consumer) {
  return startSqs({
    queues: lanes.map(({ queue }) => queue),
    deadLetterQueue: 'dead-letters',
    eventDeadLetterQueue: 'event-dead-letters',
    visibilitySeconds,
    maxReceiveCount: maxReceiveCount(visibilitySeconds),
  });
}

/**
 * Creates a Task that an agent has accepted.
 * @returns its SID and the SID of its reservation
 */
export function createTask({ store }: Pick<EmulatorState, 'store'>, attributes: object) {
  const task = store.create({
    attributes: JSON.stringify(attributes),
    priority: 0,
    timeout: 86_400,
    taskChannel: 'voice',
    workflowSid: `WW${'0'.repeat(32)}`,
    taskQueueSid: `WQ${'0'.repeat(32)}`,
    virtualStartTime: undefined,
    routingTarget: null,
    ignoreCapacity: false,
  });
  const reservation = store.offer(task, 'Ada');
  store.moveReservation(task, reservation, 'accepted');
  return { taskSid: task.sid, reservationSid: reservation.sid };
}

const maxEntries = 10;

/** Sends messages to the queues of a consumer, ten in one request. */
export async function sendMessages(
  sqs: SQSClient,
  { laneOf }: Pick<Consumer, 'laneOf'>,
  queueUrls: Readonly<Record<string, string>>,
  messages: readonly Message[],
): Promise<void> {
  const requests = [...Map.groupBy(messages, laneOf)].flatMap(([queue, ofQueue]) =>
    Array.from({ length: Math.ceil(ofQueue.length / maxEntries) }, (_, index) => {
      const entries = ofQueue.slice(index * maxEntries, (index + 1) * maxEntries);
      return new SendMessageBatchCommand({
        QueueUrl: queueUrls[queue],
        Entries: entries.map((message, id) => ({
          Id: String(id),
          MessageBody: JSON.stringify(message),
          MessageGroupId: messageGroupId(message),
        })),
      });
    }),
  );
  await Promise.all(requests.map((request) => sqs.send(request)));
}

const countNames = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
] as const;

/** How many messages are in all queues except dead-letter queues: visible, delayed and in flight. */
export async function messagesIn(sqs: SQSClient): Promise<number> {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const counts = QueueUrls.filter((url) => !url.includes('dead-letters')).map(async (QueueUrl) => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...countNames] });
    const { Attributes = {} } = await sqs.send(command);
    return countNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

const redeliveryMs = 1000;

const maxDeliveries = 15;

async function deliverAll(
  invoke: RunningFunction['invoke'],
  batches: readonly (readonly Message[])[],
): Promise<number> {
  const deliver = async (records: SQSEvent['Records'], delivery: number): Promise<number> => {
    const ids = new Set(records.map(({ messageId }) => messageId));
    const failed = await invoke({ Records: records }).then(
      (response) => failedMessageIds(response, ids),
      () => ids,
    );
    const again = records.filter(({ messageId }) => failed.has(messageId));
    if (again.length === 0 || delivery === maxDeliveries) return 0;
    await sleep(redeliveryMs);
    const next = again.map((record) => ({
      ...record,
      attributes: { ...record.attributes, ApproximateReceiveCount: String(delivery + 1) },
    }));
    return again.length + (await deliver(next, delivery + 1));
  };
  const redelivered = await Promise.all(
    batches.map((batch) =>
      deliver(
        batch.map((message) => toRecord(message)),
        1,
      ),
    ),
  );
  return redelivered.reduce((sum, count) => sum + count, 0);
}

/** A message as an event record of its first delivery. */
export function toRecord(message: Message): SQSEvent['Records'][number] {
  const now = String(Date.now());
  const id = crypto.randomUUID();
  return toSqsRecord(
    {
      MessageId: id,
      ReceiptHandle: id,
      Body: JSON.stringify(message),
      Attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: now,
        ApproximateFirstReceiveTimestamp: now,
      },
    },
    'arn:aws:sqs:us-east-1:000000000000:changes',
  );
}
