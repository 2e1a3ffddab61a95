import type { LinkSource } from '../../shared/crm/link-settings.ts';
import { type EnqueueOptions, enqueue } from '../../shared/http/enqueue.ts';
import { defaultStatus } from '../../shared/http/errors.ts';
import { type Accepted, receiveWebhook, type WebhookHandler } from '../../shared/http/receive.ts';
import { rawResponse } from '../../shared/http/response.ts';
import type { Message } from '../../shared/messages/message.ts';
import { authenticateTwilioRequest, type TwilioAuthOptions } from './authenticate.ts';
import { decide, type EventMessageOptions, toMessages } from './decide.ts';
import type { ParsedEvent } from './events.ts';
import type { TaskEventLog } from './log-request.ts';

export interface TaskEventOptions extends TwilioAuthOptions, EnqueueOptions, EventMessageOptions {
  sources: readonly LinkSource[];
  accountSid: string;
  workspaceSid: string;
  /** Seconds that a link waits which its Task has lost: `createWriteBackoff`. */
  writeBackoff: (link: string) => number;
  log: (entry: TaskEventLog) => void;
}

/** Builds the webhook of TaskRouter's events. */
export function createTaskEventWebhook(options: TaskEventOptions): WebhookHandler {
  return receiveWebhook({
    authenticate: (event) => authenticateTwilioRequest(event, options),
    accept: (events) => accept(events, options),
    respond: (statusCode, requestId) => rawResponse(statusCode, requestId, emptyBody),
    statusOf,
    log: (entry, summary) =>
      options.log({ events: 0, reconciles: 0, changes: 0, ...entry, ...summary }),
  });
}

/** Twilio expects a type even if there is no body. */
const emptyBody = { contentType: 'application/json', body: '' };

/**
 * Twilio expects a 204. Event Streams retries after a 5xx and never after a 4xx: a failure that may pass
 * has to be a 503.
 * Sources: https://www.twilio.com/docs/taskrouter/api/event/reference and
 * https://www.twilio.com/docs/api/errors/91305
 */
const statusOf = { ...defaultStatus, accepted: 204, ignored: 204 };

type Summary = Pick<TaskEventLog, 'events' | 'reconciles' | 'changes' | 'reasons' | 'tasks'>;

const maxTasks = 100;

const maxProblems = 20;

/** Enqueues what the readable events call for; the others are problems. */
async function accept(
  events: readonly ParsedEvent[],
  { sources, accountSid, workspaceSid, writeBackoff, ...options }: TaskEventOptions,
): Promise<Accepted<Summary>> {
  const reasons = new Set<string>();
  const tasksWithSegment = new Set<string>();
  const read = events.flatMap((event) => {
    if (event.kind === 'ignored') reasons.add('not a subscribed event');
    if (event.kind !== 'followed') return [];
    const decision = decide(event, { accountSid, workspaceSid }, sources);
    if (decision.action === 'ignore') reasons.add(decision.reason);
    if (event.type !== 'task.updated') tasksWithSegment.add(event.taskSid);
    return toMessages(event, decision, options);
  });
  const messages = deduplicate(read);
  // A segment has few events; updates come from any number of writers.
  const delaySecondsOf = (message: Message): number =>
    message.kind === 'reconcile' || tasksWithSegment.has(taskSidOf(message))
      ? 0
      : writeBackoff(`${taskSidOf(message)} ${message.change.ticket}`);
  await enqueue(messages, { ...options, delaySecondsOf });
  const reconciles = messages.filter(({ kind }) => kind === 'reconcile').length;
  const tasks = [...new Set(messages.map(taskSidOf))].slice(0, maxTasks);
  const summary = {
    events: events.length,
    reconciles,
    changes: messages.length - reconciles,
    ...(reasons.size > 0 && { reasons: [...reasons] }),
    ...(tasks.length > 0 && { tasks }),
  };
  const problems = events
    .flatMap((event) => (event.kind === 'invalid' ? event.problems : []))
    .slice(0, maxProblems);
  return { outcome: messages.length > 0 ? 'accepted' : 'ignored', summary, problems };
}

/** The Task of a message of ours. */
function taskSidOf(message: Message): string {
  return message.kind === 'reconcile'
    ? message.meta.taskSid
    : (message.change.correlation.taskSid ?? '');
}

function keyOf(message: Message): string {
  return message.kind === 'reconcile'
    ? taskSidOf(message)
    : `${message.change.ticket} ${taskSidOf(message)}`;
}

/** Of two messages with one key: the link of the higher version, the reconcile of a Task that ends. */
function isPreferred(one: Message, other: Message): boolean {
  return one.kind === 'reconcile' || other.kind === 'reconcile'
    ? one.kind === 'reconcile' && one.meta.finishing === true
    : BigInt(one.change.version) > BigInt(other.change.version);
}

/** Several events of one Task in a request give one reconcile, or none beside a link. */
function deduplicate(messages: readonly Message[]): readonly Message[] {
  const linked = new Set(messages.filter(({ kind }) => kind === 'ticket-change').map(taskSidOf));
  const best = new Map<string, Message>();
  for (const message of messages) {
    if (message.kind === 'reconcile' && linked.has(taskSidOf(message))) continue;
    const known = best.get(keyOf(message));
    if (known === undefined || isPreferred(message, known)) best.set(keyOf(message), message);
  }
  return [...best.values()];
}
