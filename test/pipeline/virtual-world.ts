import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { configureSources } from '../../lambdas/crm-change/open-source.ts';
import { Sources } from '../../lambdas/crm-change/source-config.ts';
import { createSync } from '../../lambdas/sync/sync.ts';
import { createWriteBackoff } from '../../lambdas/task-event/patience.ts';
import { createTaskEventWebhook } from '../../lambdas/task-event/task-event.ts';
import { callbackRequest, streamRequest } from '../../local/twin/events/signed-request.ts';
import type { TwinEvent } from '../../local/twin/events/twin-event.ts';
import { Store } from '../../local/twin/store.ts';
import { newWorkspace } from '../../local/twin/workspace.ts';
import type { TicketChange } from '../../shared/message/ticket-change.ts';
import { httpEvent } from '../task-event/door.ts';
import { taskFields } from '../twin/task-fields.ts';
import { writeAttributes } from '../twin/write-attributes.ts';
import { storeTaskRouter } from './store-task-router.ts';
import { deadLetterQueueUrl, queueUrl, virtualQueue } from './virtual-queue.ts';

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
 * The pipeline behind the CRM's door in one process and on one clock: the twin's store, its events, the
 * task-event function, the queue, the sync. Nothing moves but what the test moves.
 */
export const virtualWorld = (
  beforeWrite: (standing: string, written: string) => void = () => {},
  confirmAfterSeconds: readonly number[] = [20, 90],
) => {
  let now = Date.parse('2026-11-23T10:00:00Z');
  let afterRead: (() => void) | undefined;
  const clock = () => now;
  const events: TwinEvent[] = [];
  const store = new Store(
    clock,
    // Longer than any test takes.
    () => 365 * 24 * 3_600_000,
    (event) => events.push(event),
    newWorkspace(account.accountSid, account.workspaceSid, now),
  );
  const queue = virtualQueue(clock);
  const { taskRouter, calls } = storeTaskRouter(
    store,
    () => {
      const meanwhile = afterRead;
      afterRead = undefined;
      meanwhile?.();
    },
    beforeWrite,
  );
  const outcomes: { outcome: unknown; settle: unknown }[] = [];
  const log = (message: string, { outcome, settle }: Record<string, unknown>) => {
    if (message === 'outcome') outcomes.push({ outcome, settle });
  };
  const common = { now: clock, random: () => 0.5 };
  const sync = createSync({
    ...common,
    taskRouter,
    sqs: queue.sqs,
    queueUrl,
    deadLetterQueueUrl,
    sleep: async () => {},
    logger: { info: log, warn: log, error: log },
    metrics: { addMetric: () => {}, publishStoredMetrics: () => {} },
    tasksInParallel: 4,
    confirmAfterSeconds,
  });
  const taskEvent = createTaskEventWebhook({
    ...account,
    ...common,
    sources: configureSources(Sources.parse(sources)),
    authTokenSecret: 'auth-token',
    publicUrl: undefined,
    readSecret: async () => authToken,
    sqs: queue.sqs,
    queueUrl,
    sleep: async () => {},
    writeBackoff: createWriteBackoff(clock),
    log: () => {},
  });
  const take = async (request: APIGatewayProxyEventV2): Promise<void> => {
    const { statusCode } = await taskEvent(request);
    if (statusCode !== 204) throw new Error(`task-event answered ${statusCode}`);
  };

  const runSync = (size = batchSize) =>
    queue.consume((event) => sync(event, { getRemainingTimeInMillis: () => 30_000 }), size);

  return {
    store,
    events,
    queue,
    calls,
    outcomes,
    now: clock,
    pass: (seconds: number): void => {
      now += seconds * 1000;
    },
    createTask: (attributes: object) => store.create(taskFields(attributes)),
    write: (task: ReturnType<Store['create']>, attributes: string) =>
      writeAttributes(store, task, attributes),
    /** What is done as soon as the sync has read a Task the next time, before it writes. */
    meanwhile: (act: () => void): void => {
      afterRead = act;
    },
    changed: (change: TicketChange): void => queue.put(change),
    /** TaskRouter's event reaches the function, by either way. */
    tell: (event: TwinEvent, byStream = false): Promise<void> =>
      take(
        httpEvent(
          byStream
            ? streamRequest([event], url, authToken)
            : callbackRequest(event, url, authToken),
        ),
      ),
    runSync,
    /** Lets time pass until nothing is to come any more, for so many seconds at the most. */
    drain: async (seconds: number): Promise<void> => {
      const end = now + seconds * 1000;
      for (;;) {
        await runSync();
        const next = queue.nextAt();
        if (next === undefined || next > end) return;
        now = Math.max(now, next);
      }
    },
  };
};
export type VirtualWorld = ReturnType<typeof virtualWorld>;
