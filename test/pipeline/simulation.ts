import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { createSync } from '../../lambdas/sync/sync.ts';
import { createTaskEventWebhook, createWriteBackoff } from '../../lambdas/task-event/webhook.ts';
import type { EmulatedEvent } from '../../local/taskrouter/events/event.ts';
import {
  callbackRequest,
  eventStreamsRequest,
} from '../../local/taskrouter/events/signed-request.ts';
import { TaskStore } from '../../local/taskrouter/tasks/store.ts';
import { newWorkspace } from '../../local/taskrouter/tasks/types.ts';
import { Sources } from '../../shared/crm/config.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { Message, type TicketChangeMessage } from '../../shared/messages/message.ts';
import { taskFields, writeAttributes } from '../local/taskrouter/store-tasks.ts';
import { signedEvent } from '../task-event/webhook.ts';
import { createSimulatedQueue, deadLetterQueueUrl, queueUrls } from './simulated-queue.ts';
import { createStoreTaskRouter } from './store-task-router.ts';

const account = { accountSid: `AC${'a'.repeat(32)}`, workspaceSid: `WS${'b'.repeat(32)}` };
const authToken = 'c'.repeat(32);
const url = 'https://api.example.com/twilio/task-events';
const batchSize = 50;

const sources = {
  zendesk: {
    kind: 'zendesk',
    ticketUrl: 'https://tickets.example/{id}',
    taskAttribute: 'zd_ticket_id',
    secret: 'zendesk-secret',
  },
};

/**
 * The pipeline behind the CRM webhook in one process and on one clock: the emulator's store, its events, the
 * task-event function, the queue, the sync. Only the test moves the clock and the messages.
 */
export const createSimulation = (
  beforeWrite: (standing: string, written: string) => void = () => {},
  beforeBatch: (messages: readonly Message[]) => void = () => {},
  taskEvents = true,
) => {
  let now = Date.parse('2026-11-23T10:00:00Z');
  let afterRead: (() => void) | undefined;
  const clock = () => now;
  const events: EmulatedEvent[] = [];
  const store = new TaskStore(
    clock,
    // Longer than any test runs.
    () => 365 * 24 * 3_600_000,
    (event) => events.push(event),
    newWorkspace(account.accountSid, account.workspaceSid, now),
  );
  const queue = createSimulatedQueue(clock);
  const { taskRouter, calls } = createStoreTaskRouter(
    store,
    () => {
      const action = afterRead;
      afterRead = undefined;
      action?.();
    },
    beforeWrite,
  );
  const outcomes: { outcome: unknown; reconcile: unknown }[] = [];
  const log = (message: string, { outcome, reconcile }: Record<string, unknown>) => {
    if (message === 'outcome') outcomes.push({ outcome, reconcile });
  };
  const common = {
    now: clock,
    random: () => 0.5,
    namedTickets: ticketsOnTask(Sources.parse(sources)),
  };
  const sync = createSync({
    ...common,
    taskRouter,
    sqs: queue.sqs,
    queueUrls,
    deadLetterQueueUrl,
    sleep: async () => {},
    logger: { info: log, warn: log, error: log },
    metrics: { addMetric: () => {}, publishStoredMetrics: () => {} },
    requestsInParallel: () => 4,
    searchIntervalMs: 0,
    taskEvents,
    confirmAfterSeconds: [20, 90],
  });
  const taskEvent = createTaskEventWebhook({
    ...account,
    ...common,
    countInvalidIds: () => 0,
    authTokenSecret: 'auth-token',
    publicUrl: undefined,
    readSecret: async () => authToken,
    sqs: queue.sqs,
    queueUrlOf: () => queueUrls.changes,
    sleep: async () => {},
    writeBackoff: createWriteBackoff(clock),
    log: () => {},
  });
  const postTaskEvent = async (request: APIGatewayProxyEventV2): Promise<void> => {
    const { statusCode } = await taskEvent(request);
    if (statusCode !== 204) throw new Error(`task-event answered ${statusCode}`);
  };

  const runSync = (size = batchSize) =>
    queue.consume((event) => {
      beforeBatch(event.Records.map(({ body }) => Message.parse(JSON.parse(body))));
      return sync(event, { getRemainingTimeInMillis: () => 30_000 });
    }, size);

  return {
    store,
    events,
    queue,
    calls,
    outcomes,
    now: clock,
    advance: (seconds: number): void => {
      now += seconds * 1000;
    },
    createTask: (attributes: object) => store.create(taskFields(attributes)),
    write: (task: ReturnType<TaskStore['create']>, attributes: string) =>
      writeAttributes(store, task, attributes),
    /** Called after the sync's next read of a Task, before it writes. */
    beforeNextWrite: (act: () => void): void => {
      afterRead = act;
    },
    enqueue: (message: TicketChangeMessage): void => queue.put(message),
    /** Delivers an event of TaskRouter to the function, as a callback or by Event Streams. */
    sendEvent: (event: EmulatedEvent, byStream = false): Promise<void> =>
      postTaskEvent(
        signedEvent(
          byStream
            ? eventStreamsRequest([event], url, authToken)
            : callbackRequest(event, url, authToken),
        ),
      ),
    runSync,
    /** Moves the clock until the queue is empty, by so many seconds at most. */
    drain: async (seconds: number): Promise<void> => {
      const end = now + seconds * 1000;
      for (;;) {
        await runSync();
        const next = queue.nextVisibleAt();
        if (next === undefined || next > end) return;
        now = Math.max(now, next);
      }
    },
  };
};
export type Simulation = ReturnType<typeof createSimulation>;
