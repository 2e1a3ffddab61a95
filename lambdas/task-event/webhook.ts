import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ConfiguredSource } from '../../shared/crm/config.ts';
import { type EnqueueOptions, enqueue } from '../../shared/http/enqueue.ts';
import {
  defaultStatus,
  describeError,
  type FieldProblem,
  HttpError,
  invalidBody,
  invalidFields,
  type RequestOutcome,
} from '../../shared/http/errors.ts';
import {
  errorResponse,
  rawResponse,
  unavailableResponse,
  withTimeout,
} from '../../shared/http/receive.ts';
import type { Message } from '../../shared/messages/message.ts';
import { authenticateTwilioRequest, type TwilioAuthOptions } from './authenticate.ts';
import { decide, type EventMessageOptions, toMessages } from './decide.ts';
import type { ParsedEvent } from './events.ts';
import type { TaskEventLog } from './report.ts';

export interface TaskEventOptions extends TwilioAuthOptions, EnqueueOptions, EventMessageOptions {
  readonly sources: ReadonlyMap<string, ConfiguredSource>;
  readonly accountSid: string;
  readonly workspaceSid: string;
  /** How long a link waits that its Task has lost, in seconds: `createPatience`. */
  readonly writeBackoff: (link: string) => number;
  readonly log: (report: TaskEventLog) => void;
}

/** Takes an API Gateway event (payload format 2.0) with events of TaskRouter and answers it. */
export type TaskEventWebhook = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * Event Streams waits five seconds for an answer, the event callback fifteen.
 * Source: https://www.twilio.com/docs/events/webhook-quickstart
 */
const responseMs = 4500;

/**
 * How Twilio wants the answer: 204, and a type although there is nothing. Event Streams tries again
 * after a 5xx and never after a 4xx: what may pass by itself has to be a 503.
 * Sources: https://www.twilio.com/docs/taskrouter/api/event/reference and
 * https://www.twilio.com/docs/api/errors/91305
 */
const statusOf = { ...defaultStatus, accepted: 204, ignored: 204 };

const maxTasks = 100;

const maxProblems = 20;

interface Accepted {
  readonly summary: Omit<TaskEventLog, 'requestId' | 'outcome' | 'status'>;
  readonly problems: readonly FieldProblem[];
}

/**
 * Builds the door for TaskRouter's events. It answers only when SQS holds every message; events that
 * cannot be read are refused when those that can are on the queue.
 */
export function createTaskEventWebhook(options: TaskEventOptions): TaskEventWebhook {
  return async (event) => {
    const { requestId, http } = event.requestContext;

    const logRequest = (outcome: RequestOutcome, summary: Partial<TaskEventLog> = {}): number => {
      const status = statusOf[outcome];
      const fields = { events: 0, reconciles: 0, changes: 0, ...summary };
      options.log({ requestId, outcome, status, ...fields });
      return status;
    };
    const respondError = (error: HttpError, summary: Partial<TaskEventLog> = {}) => {
      const headers = error.outcome === 'wrong-method' ? { allow: 'POST' } : {};
      const status = logRequest(error.outcome, { ...summary, ...invalidFields(error) });
      return errorResponse(status, requestId, error, headers);
    };

    try {
      if (http.method !== 'POST') throw new HttpError('wrong-method', 'Send a POST');
      const { summary, problems } = await withTimeout(
        responseMs,
        authenticateTwilioRequest(event, options).then((events) => accept(events, options)),
      );
      if (problems.length > 0) {
        return respondError(new HttpError('invalid', invalidBody, problems), summary);
      }
      const isAccepted = summary.reconciles + summary.changes > 0;
      const status = logRequest(isAccepted ? 'accepted' : 'ignored', summary);
      return rawResponse(status, requestId, { contentType: 'application/json', body: '' });
    } catch (error) {
      if (error instanceof HttpError) return respondError(error);
      return unavailableResponse(
        requestId,
        logRequest('unavailable', { error: describeError(error) }),
      );
    }
  };
}

const immediateWrites = 3;

const baseWaitSeconds = 15;

const maxWaitSeconds = 900;

/** One that was left in peace for so long starts afresh. */
const resetAfterMs = 30 * 60_000;

const maxLinks = 2000;

/**
 * How long a link waits that its Task has lost again and again, in seconds: not at all the first
 * few times, then ever longer. Something that takes our writing away at each update, and is told of ours,
 * would otherwise be at it with us without end. Each function instance counts for itself.
 * @param now milliseconds since 1970
 * @returns takes what is the same for one ticket on one Task
 */
export function createWriteBackoff(now: () => number): (link: string) => number {
  const seen = new Map<string, { readonly times: number; readonly at: number }>();
  return (link) => {
    const at = now();
    const known = seen.get(link);
    const times = known === undefined || at - known.at > resetAfterMs ? 1 : known.times + 1;
    seen.delete(link);
    seen.set(link, { times, at });
    const [oldest] = seen.keys();
    if (seen.size > maxLinks && oldest !== undefined) seen.delete(oldest);
    if (times <= immediateWrites) return 0;
    return Math.min(maxWaitSeconds, baseWaitSeconds * 2 ** (times - immediateWrites - 1));
  };
}

async function accept(
  events: readonly ParsedEvent[],
  { sources, accountSid, workspaceSid, writeBackoff, ...options }: TaskEventOptions,
): Promise<Accepted> {
  const reasons = new Set<string>();
  const tasksWithSegment = new Set<string>();
  const read = events.flatMap((event) => {
    if (event.kind === 'not-followed') reasons.add('an event that we do not follow');
    if (event.kind !== 'followed') return [];
    const decision = decide(event, { accountSid, workspaceSid }, sources.values());
    if (decision.action === 'nothing') reasons.add(decision.reason);
    if (event.type !== 'task.updated') tasksWithSegment.add(event.taskSid);
    return toMessages(event, decision, options);
  });
  const messages = deduplicate(read);
  // Events of a segment are few; updates are as many as there are writers.
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
    .flatMap((event) => (event.kind === 'refused' ? event.problems : []))
    .slice(0, maxProblems);
  return { summary, problems };
}

/** The Task that a message of this door is about. */
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

/** Of two messages for one thing: the link of the higher version, the settle of a Task that ends. */
function isPreferred(one: Message, other: Message): boolean {
  return one.kind === 'reconcile' || other.kind === 'reconcile'
    ? one.kind === 'reconcile' && one.meta.finishing === true
    : BigInt(one.change.version) > BigInt(other.change.version);
}

/** Several events of one Task in a request come to one settle, or none beside a link. */
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
