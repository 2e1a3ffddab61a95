import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { rawAnswer, refused, unavailable } from '../../shared/door/answer.ts';
import { describeError } from '../../shared/door/describe-error.ts';
import { type EnqueueOptions, enqueue } from '../../shared/door/enqueue.ts';
import { fieldsOf, type Problem, Refusal, unexpectedShape } from '../../shared/door/failures.ts';
import { type Outcome, usualStatus } from '../../shared/door/outcome.ts';
import { within } from '../../shared/door/within.ts';
import type { Message } from '../../shared/message/message.ts';
import type { OpenSource } from '../crm-change/open-source.ts';
import { type AuthenticationOptions, authenticEvents } from './authentic-events.ts';
import { distinctMessages, taskOf } from './distinct-messages.ts';
import { needsOf } from './needs.ts';
import type { Report } from './report.ts';
import type { ReadEvent } from './task-router-event.ts';
import { type MessageOptions, toMessages } from './to-messages.ts';

export interface TaskEventOptions extends AuthenticationOptions, EnqueueOptions, MessageOptions {
  readonly sources: ReadonlyMap<string, OpenSource>;
  readonly accountSid: string;
  readonly workspaceSid: string;
  /** How long a link waits that its Task has lost, in seconds: `createPatience`. */
  readonly patience: (link: string) => number;
  readonly report: (report: Report) => void;
}

/** Takes an API Gateway event (payload format 2.0) with events of TaskRouter and answers it. */
export type TaskEvent = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * Event Streams waits five seconds for an answer, the event callback fifteen.
 * Source: https://www.twilio.com/docs/events/webhook-quickstart
 */
const answerMs = 4500;

/**
 * How Twilio wants the answer: 204, and a type although there is nothing. Event Streams tries again
 * after a 5xx and never after a 4xx: what may pass by itself has to be a 503.
 * Sources: https://www.twilio.com/docs/taskrouter/api/event/reference and
 * https://www.twilio.com/docs/api/errors/91305
 */
const statusOf = { ...usualStatus, accepted: 204, ignored: 204 };

const mostTasks = 100;
const mostProblems = 20;

interface TakenIn {
  readonly findings: Omit<Report, 'requestId' | 'outcome' | 'status'>;
  readonly problems: readonly Problem[];
}

const takeIn = async (
  events: readonly ReadEvent[],
  { sources, accountSid, workspaceSid, patience, ...options }: TaskEventOptions,
): Promise<TakenIn> => {
  const reasons = new Set<string>();
  const ofSegments = new Set<string>();
  const read = events.flatMap((event) => {
    if (event.kind === 'not-followed') reasons.add('an event that we do not follow');
    if (event.kind !== 'followed') return [];
    const need = needsOf(event, { accountSid, workspaceSid }, sources.values());
    if (need.need === 'nothing') reasons.add(need.reason);
    if (event.type !== 'task.updated') ofSegments.add(event.taskSid);
    return toMessages(event, need, options);
  });
  const messages = distinctMessages(read);
  // Events of a segment are few; updates are as many as there are writers.
  const delaySecondsOf = (message: Message): number =>
    message.kind === 'settle' || ofSegments.has(taskOf(message))
      ? 0
      : patience(`${taskOf(message)} ${message.ticket}`);
  await enqueue(messages, { ...options, delaySecondsOf });
  const settles = messages.filter(({ kind }) => kind === 'settle').length;
  const tasks = [...new Set(messages.map(taskOf))].slice(0, mostTasks);
  const findings = {
    events: events.length,
    settles,
    changes: messages.length - settles,
    ...(reasons.size > 0 && { reasons: [...reasons] }),
    ...(tasks.length > 0 && { tasks }),
  };
  const problems = events
    .flatMap((event) => (event.kind === 'refused' ? event.problems : []))
    .slice(0, mostProblems);
  return { findings, problems };
};

/**
 * Builds the door for TaskRouter's events. It answers only when SQS holds every message; events that
 * cannot be read are refused when those that can are on the queue.
 */
export const createTaskEvent =
  (options: TaskEventOptions): TaskEvent =>
  async (event) => {
    const { requestId, http } = event.requestContext;

    const close = (outcome: Outcome, findings: Partial<Report> = {}): number => {
      const status = statusOf[outcome];
      const told = { events: 0, settles: 0, changes: 0, ...findings };
      options.report({ requestId, outcome, status, ...told });
      return status;
    };
    const refuse = (refusal: Refusal, findings: Partial<Report> = {}) => {
      const headers = refusal.outcome === 'wrong-method' ? { allow: 'POST' } : {};
      const status = close(refusal.outcome, { ...findings, ...fieldsOf(refusal) });
      return refused(status, requestId, refusal, headers);
    };

    try {
      if (http.method !== 'POST') throw new Refusal('wrong-method', 'Send a POST');
      const { findings, problems } = await within(
        answerMs,
        authenticEvents(event, options).then((events) => takeIn(events, options)),
      );
      if (problems.length > 0) {
        return refuse(new Refusal('invalid', unexpectedShape, problems), findings);
      }
      const isTaken = findings.settles + findings.changes > 0;
      const status = close(isTaken ? 'accepted' : 'ignored', findings);
      return rawAnswer(status, requestId, { contentType: 'application/json', body: '' });
    } catch (error) {
      if (error instanceof Refusal) return refuse(error);
      return unavailable(requestId, close('unavailable', { error: describeError(error) }));
    }
  };
