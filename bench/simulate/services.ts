import {
  type Message,
  type MessageAttributeValue,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { toSqsRecord } from '../../local/aws/event-source-mapping.ts';
import { accountEvaluationsPerSecond, type EventSource } from '../../shared/config/limits.ts';
import { Conflict, NotFound, Transient } from '../../shared/taskrouter/errors.ts';
import type { CallCounter, TaskRouter } from '../../shared/taskrouter/task-router.ts';
import type { VirtualClock } from './clock.ts';

/**
 * The part of SQS that sync uses, on a virtual clock. Messages are received in the order in which they became
 * visible.
 */
interface VirtualQueue {
  send: (message: Omit<SendMessageBatchRequestEntry, 'Id'>) => void;
  /** Receives up to `limit` visible messages. */
  receive: (limit: number) => readonly Message[];
  delete: (receiptHandle: string) => void;
  hide: (receiptHandle: string, seconds: number) => void;
  /** Resolves when a message is visible, or after some milliseconds. */
  waitForMessage: (milliseconds: number) => Promise<void>;
}

/** @param visibilitySeconds how long a received message is hidden */
export function createVirtualQueue(clock: VirtualClock, visibilitySeconds: number): VirtualQueue {
  const held = new Map<string, { read: () => Message; cancelShow: () => void }>();
  const visible: string[] = [];
  let count = 0;
  let arrival = Promise.withResolvers<void>();

  const show = (id: string): void => {
    if (!held.has(id)) return;
    visible.push(id);
    arrival.resolve();
    arrival = Promise.withResolvers();
  };
  const hide = (id: string, seconds: number): void => {
    const message = held.get(id);
    if (message === undefined) return;
    message.cancelShow();
    message.cancelShow = clock.after(seconds * 1000, () => show(id));
  };

  return {
    send: ({ MessageBody, DelaySeconds = 0, MessageGroupId, MessageAttributes }) => {
      count += 1;
      const [id, sentAt] = [String(count), clock.now()];
      let [receives, firstReceivedAt] = [0, 0];
      const read = (): Message => {
        receives += 1;
        if (receives === 1) firstReceivedAt = clock.now();
        const Attributes = {
          ApproximateReceiveCount: String(receives),
          SentTimestamp: String(sentAt),
          ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
          ...(MessageGroupId !== undefined && { MessageGroupId }),
        };
        return {
          MessageId: id,
          ReceiptHandle: id,
          Body: MessageBody,
          Attributes,
          MessageAttributes,
        };
      };
      held.set(id, { read, cancelShow: () => {} });
      if (DelaySeconds > 0) hide(id, DelaySeconds);
      else show(id);
    },
    receive: (limit) =>
      visible.splice(0, limit).flatMap((id) => {
        hide(id, visibilitySeconds);
        return held.get(id)?.read() ?? [];
      }),
    delete: (id) => {
      held.get(id)?.cancelShow();
      held.delete(id);
    },
    hide,
    waitForMessage: async (milliseconds) => {
      if (visible.length > 0) return;
      if (milliseconds === Number.POSITIVE_INFINITY) return arrival.promise;
      const late = Promise.withResolvers<void>();
      const cancel = clock.after(milliseconds, late.resolve);
      await Promise.race([arrival.promise, late.promise]);
      cancel();
    },
  };
}

/**
 * A request that sends, hides or deletes messages. Entries without a body and a visibility timeout are deletions.
 */
const SqsRequest = z.object({
  QueueUrl: z.string(),
  Entries: z.array(
    z.object({
      Id: z.string(),
      MessageBody: z.string().optional(),
      DelaySeconds: z.int().optional(),
      MessageGroupId: z.string().optional(),
      MessageAttributes: z.record(z.string(), z.custom<MessageAttributeValue>()).optional(),
      ReceiptHandle: z.string().default(''),
      VisibilityTimeout: z.int().optional(),
    }),
  ),
});

/** The AWS client for SQS on virtual queues, which it finds by URL. Each request takes the given time. */
export function createVirtualSqs(
  clock: VirtualClock,
  queues: ReadonlyMap<string, VirtualQueue>,
  latencyMs: number,
): SQSClient {
  const respond = (input: unknown) => {
    const { QueueUrl, Entries } = SqsRequest.parse(input);
    const queue = queues.get(QueueUrl);
    if (queue === undefined) throw new Error(`There is no queue ${QueueUrl}`);
    for (const { MessageBody, ReceiptHandle, VisibilityTimeout, ...more } of Entries) {
      if (MessageBody !== undefined) queue.send({ MessageBody, ...more });
      else if (VisibilityTimeout === undefined) queue.delete(ReceiptHandle);
      else queue.hide(ReceiptHandle, VisibilityTimeout);
    }
    return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
  };
  const sqs = new SQSClient({ region: 'us-east-1' });
  sqs.middlewareStack.add(
    () =>
      async ({ input }) => {
        await clock.sleep(latencyMs);
        return { response: {}, output: { $metadata: {}, ...respond(input) } };
      },
    { step: 'initialize' },
  );
  return sqs;
}

/** SQS returns at most ten messages for one request. */
const maxReceived = 10;

/**
 * Lambda's event source mapping, as `local/aws/event-source-mapping.ts` implements it. It gathers a batch within
 * its window, and deletes the messages that did not fail.
 * @param latencyMs how long a request to SQS takes
 */
export function startVirtualEventSource(
  clock: VirtualClock,
  queue: VirtualQueue,
  source: EventSource & { name: string; latencyMs: number; pollers: number },
  invoke: (event: SQSEvent) => Promise<SQSBatchResponse>,
): void {
  const { name, latencyMs, pollers, batchSize, windowSeconds, maximumConcurrency } = source;
  const arn = `arn:aws:sqs:us-east-1:000000000000:${name}`;
  let running = 0;
  let ended = Promise.withResolvers<void>();

  const collect = async (): Promise<Message[]> => {
    const batch: Message[] = [];
    let windowEnd = Number.POSITIVE_INFINITY;
    for (;;) {
      await queue.waitForMessage(windowEnd - clock.now());
      if (clock.now() >= windowEnd) return batch;
      await clock.sleep(latencyMs);
      batch.push(...queue.receive(Math.min(maxReceived, batchSize - batch.length)));
      if (batch.length === 0) continue;
      windowEnd = Math.min(windowEnd, clock.now() + windowSeconds * 1000);
      if (batch.length >= batchSize || clock.now() >= windowEnd) return batch;
    }
  };

  const process = async (batch: readonly Message[]): Promise<void> => {
    const Records = batch.map((message) => toSqsRecord(message, arn));
    const { batchItemFailures } = await invoke({ Records });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { messageId } of Records) if (!failed.has(messageId)) queue.delete(messageId);
  };

  const poll = async (): Promise<never> => {
    for (;;) {
      while (running >= maximumConcurrency) await ended.promise;
      // One poller gathers while batches run, as the local event source mapping does. Several pollers would gather
      // too many.
      if (pollers > 1) running += 1;
      const batch = await collect();
      if (pollers === 1) running += 1;
      void process(batch).finally(() => {
        running -= 1;
        ended.resolve();
        ended = Promise.withResolvers();
      });
    }
  };
  for (let index = 0; index < pollers; index += 1) void poll();
}

/** The requests that TaskRouter received. */
export interface TwilioCalls {
  reads: number;
  writes: number;
  searches: number;
  /** How many requests got 429. */
  rejected: number;
  /** The highest number of requests at once. */
  atOnce: number;
}

interface VirtualTask {
  readonly sid: string;
  attributes: string;
  version: number;
}

/**
 * TaskRouter on a virtual clock: one account with Twilio's limits.
 * @param latencyMs the time from a request to its response. A write takes effect at the end of this time
 * @param concurrentRequests how many requests at once the account may have. Further requests get 429
 * @param onWrite called after the attributes of a Task were written
 */
export function createVirtualTwilio(
  clock: VirtualClock,
  options: { latencyMs: number; concurrentRequests: number; onWrite: (taskSid: string) => void },
) {
  const { latencyMs, concurrentRequests, onWrite } = options;
  const calls: TwilioCalls = { reads: 0, writes: 0, searches: 0, rejected: 0, atOnce: 0 };
  const tasks = new Map<string, VirtualTask>();
  /** Tasks by the values that a search can contain: the call SID or a ticket. */
  const index = new Map<string, VirtualTask>();
  let recentSearches: number[] = [];
  let underWay = 0;

  const request = async <Response>(
    kind: 'reads' | 'writes' | 'searches',
    counter: CallCounter | undefined,
    respond: () => Response,
  ): Promise<Response> => {
    calls[kind] += 1;
    if (counter !== undefined) {
      counter.calls += 1;
      if (kind === 'searches') counter.evaluations = (counter.evaluations ?? 0) + 1;
    }
    if (underWay >= concurrentRequests || (kind === 'searches' && !takeSearch())) {
      calls.rejected += 1;
      await clock.sleep(latencyMs / 4);
      throw new Transient('HTTP 429', { status: 429 });
    }
    underWay += 1;
    calls.atOnce = Math.max(calls.atOnce, underWay);
    await clock.sleep(latencyMs);
    underWay -= 1;
    return respond();
  };

  /** Whether the account may search once more in this second. */
  const takeSearch = (): boolean => {
    recentSearches = recentSearches.filter((at) => at > clock.now() - 1000);
    if (recentSearches.length >= accountEvaluationsPerSecond) return false;
    recentSearches.push(clock.now());
    return true;
  };

  const find = (sid: string): VirtualTask => {
    const task = tasks.get(sid);
    if (task === undefined) throw new NotFound('HTTP 404', { status: 404 });
    return task;
  };
  const write = (task: VirtualTask, attributes: string) =>
    Object.assign(task, { attributes, version: task.version + 1 });
  const listed = ({ sid, attributes }: VirtualTask) =>
    ({ sid, attributes, status: 'assigned' }) as const;
  const fetched = (task: VirtualTask) => ({ ...listed(task), etag: String(task.version) });

  return {
    calls,
    /**
     * Creates a Task that an agent has accepted.
     * @param callSid a search finds the Task by this SID
     */
    createTask: (attributes: object, callSid: string): string => {
      const sid = `WT${tasks.size.toString(16).padStart(32, '0')}`;
      const task = { sid, attributes: JSON.stringify(attributes), version: 0 };
      tasks.set(sid, task);
      index.set(callSid, task);
      return sid;
    },
    /** Changes an attribute of the Task as another writer does. */
    writeAsOther: (taskSid: string): void => {
      const task = find(taskSid);
      write(task, JSON.stringify({ ...JSON.parse(task.attributes), hang_up_by: 'Agent' }));
    },
    /**
     * The TaskRouter client of one instance of sync.
     * @param searchIntervalMs the shortest time between two of its searches
     */
    clientOf: (searchIntervalMs: number): TaskRouter => {
      let nextSearchAt = 0;
      return {
        fetchTask: (sid, counter) => request('reads', counter, () => fetched(find(sid))),
        listReservations: (sid, counter) =>
          request('reads', counter, () => [{ sid: sid.replace('WT', 'WR'), status: 'accepted' }]),
        updateAttributes: (sid, attributes, etag, counter) =>
          request('writes', counter, () => {
            const task = find(sid);
            if (etag !== String(task.version)) throw new Conflict('HTTP 412', { status: 412 });
            write(task, attributes);
            // The tickets in the ledger. The URL of a link does not match.
            for (const [key] of attributes.matchAll(/\bzendesk\/\d+/g)) index.set(key, task);
            onWrite(sid);
            return fetched(task);
          }),
        evaluate: async (expression, counter) => {
          const at = Math.max(clock.now(), nextSearchAt);
          nextSearchAt = at + searchIntervalMs;
          await clock.sleep(at - clock.now());
          return request('searches', counter, () => {
            const values = [...expression.matchAll(/'([^']+)'/g)];
            const named = values.flatMap(([, value = '']) => index.get(value) ?? []);
            return [...new Set(named)].map(listed);
          });
        },
        containsFindsParts: (counter) => request('searches', counter, () => true),
        listTasks: (counter) => request('reads', counter, () => [...tasks.values()].map(listed)),
      };
    },
  };
}
