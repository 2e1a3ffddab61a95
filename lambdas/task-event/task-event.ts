import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { errorResponse, rawResponse, unavailableResponse } from '../../shared/door/answer.ts';
import { describeError } from '../../shared/door/describe-error.ts';
import { type EnqueueOptions, enqueue } from '../../shared/door/enqueue.ts';
import {
  type FieldProblem,
  HttpError,
  invalidBody,
  invalidFields,
} from '../../shared/door/failures.ts';
import { defaultStatus, type RequestOutcome } from '../../shared/door/outcome.ts';
import { withTimeout } from '../../shared/door/within.ts';
import type { Message } from '../../shared/message/message.ts';
import type { ConfiguredSource } from '../crm-change/open-source.ts';
import { authenticateTwilioRequest, type TwilioAuthOptions } from './authentic-events.ts';
import { deduplicate, taskSidOf } from './distinct-messages.ts';
import { decide } from './needs.ts';
import type { TaskEventLog } from './report.ts';
import type { ParsedEvent } from './task-router-event.ts';
import { type EventMessageOptions, toMessages } from './to-messages.ts';

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

const accept = async (
  events: readonly ParsedEvent[],
  { sources, accountSid, workspaceSid, writeBackoff, ...options }: TaskEventOptions,
): Promise<Accepted> => {
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
    message.kind === 'settle' || tasksWithSegment.has(taskSidOf(message))
      ? 0
      : writeBackoff(`${taskSidOf(message)} ${message.ticket}`);
  await enqueue(messages, { ...options, delaySecondsOf });
  const reconciles = messages.filter(({ kind }) => kind === 'settle').length;
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
};

/**
 * Builds the door for TaskRouter's events. It answers only when SQS holds every message; events that
 * cannot be read are refused when those that can are on the queue.
 */
export const createTaskEventWebhook =
  (options: TaskEventOptions): TaskEventWebhook =>
  async (event) => {
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
