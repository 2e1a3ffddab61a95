import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSRecord } from 'aws-lambda';
import type { LinkConfig } from '../../shared/crm/link-settings.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import type { Message } from '../../shared/messages/message.ts';
import { applyBatch } from '../../shared/sync/apply-batch.ts';
import { createDeadline } from '../../shared/sync/options.ts';
import { outcomeWithoutTask } from '../../shared/sync/outcome.ts';
import type { Delivery, Outcome } from '../../shared/sync/types.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';

/** What sync would do with a message now. */
export interface Simulation {
  outcome: Outcome;
  /** SIDs of the Tasks that the message matches. */
  tasks: readonly string[];
}

const simulationTimeoutMs = 30_000;

/** Applies a message to the current Tasks with the code of sync, without the write. @param stop ends the requests */
export async function simulate(
  message: Message,
  taskRouter: TaskRouter,
  sources: Readonly<Record<string, LinkConfig>>,
  stop: AbortSignal,
): Promise<Simulation> {
  const endsAt = Date.now() + simulationTimeoutMs;
  const deadline = createDeadline(() => Math.max(0, endsAt - Date.now()));
  const delivery: Delivery = {
    record: toSqsRecord(message),
    message,
    tries: 1,
    firstTriedAt: Date.now(),
    sentAt: Date.now(),
    unfinishedTries: 0,
  };
  const noop = () => {};
  const { outcomes, updates } = await applyBatch(
    {
      taskRouter: withoutWrites(taskRouter),
      sleep,
      random: Math.random,
      logger: { info: noop, warn: noop, error: noop },
      namedTickets: ticketsOnTask(sources),
      taskEvents: true,
    },
    [delivery],
    { ...deadline, signal: AbortSignal.any([deadline.signal, stop]) },
    requestsInParallel,
  );
  const outcome = outcomes.get(delivery);
  const isUnmatched = outcome === undefined || outcome.outcome === 'unmatched';
  return {
    outcome: isUnmatched ? outcomeWithoutTask(delivery, Date.now()) : outcome,
    tasks: [...new Set(updates.map(({ taskSid }) => taskSid))],
  };
}

/** Few: the command runs beside sync. */
const requestsInParallel = 4;

/** A TaskRouter whose writes change nothing and succeed. */
function withoutWrites(taskRouter: TaskRouter): TaskRouter {
  return {
    ...taskRouter,
    updateAttributes: async (sid, attributes, etag) => ({ sid, attributes, etag }),
  };
}

function toSqsRecord(message: Message): SQSRecord {
  return {
    messageId: '',
    receiptHandle: '',
    body: JSON.stringify(message),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  };
}
