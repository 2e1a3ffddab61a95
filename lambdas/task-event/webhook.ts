import { type EnqueueOptions, enqueue, maxMessagesPerRequest } from '../../shared/http/enqueue.ts';
import { defaultStatus } from '../../shared/http/errors.ts';
import { type Accepted, receiveWebhook, type WebhookHandler } from '../../shared/http/receive.ts';
import { rawResponse } from '../../shared/http/response.ts';
import type { ReconcileMessage } from '../../shared/messages/message.ts';
import { authenticateTwilioRequest, type TwilioAuthOptions } from './authenticate.ts';
import { type DecideOptions, decide, toReconcile } from './decide.ts';
import type { ParsedEvent } from './events.ts';
import type { TaskEventLog } from './log-request.ts';

export interface TaskEventOptions
  extends TwilioAuthOptions,
    EnqueueOptions<ReconcileMessage>,
    DecideOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** How many seconds a link that its Task has lost must wait: `createWriteBackoff`. */
  writeBackoff: (link: string) => number;
  log: (entry: TaskEventLog) => void;
}

/** Builds the webhook that receives TaskRouter's events. */
export function createTaskEventWebhook(options: TaskEventOptions): WebhookHandler {
  return receiveWebhook({
    authenticate: (event) => authenticateTwilioRequest(event, options),
    accept: (events) => accept(events, options),
    respond: (statusCode, requestId) => rawResponse(statusCode, requestId, emptyBody),
    statusOf,
    log: (entry, summary) =>
      options.log({ events: 0, reconciles: 0, ticketsToLink: 0, ...entry, ...summary }),
  });
}

/** Twilio expects a content type even if there is no body. */
const emptyBody = { contentType: 'application/json', body: '' };

/**
 * Twilio expects a 204. Event Streams retries after a 5xx and never after a 4xx, so a temporary failure must be a
 * 503.
 * Sources: https://www.twilio.com/docs/taskrouter/api/event/reference and
 * https://www.twilio.com/docs/api/errors/91305
 */
const statusOf = { ...defaultStatus, accepted: 204, ignored: 204 };

type Summary = Pick<
  TaskEventLog,
  'events' | 'reconciles' | 'ticketsToLink' | 'invalidIds' | 'reasons' | 'tasks'
>;

const maxTasks = 100;

const maxProblems = 20;

/** Enqueues a reconcile for each Task whose events need one. Events that are not readable become problems. */
async function accept(
  events: readonly ParsedEvent[],
  { writeBackoff, ...options }: TaskEventOptions,
): Promise<Accepted<Summary>> {
  const reasons = new Set<string>();
  const byTask = new Map<string, ReconcileMessage>();
  const toLink = new Map<string, ReadonlySet<string>>();
  const atOnce = new Set<string>();
  const tasksWithInvalidId = new Set<string>();
  let invalidIds = 0;
  for (const event of events) {
    if (event.kind === 'ignored') reasons.add('not a subscribed event');
    if (event.kind !== 'followed') continue;
    const { taskSid } = event;
    const decision = decide(event, options);
    if (decision.invalidIds !== undefined) {
      tasksWithInvalidId.add(taskSid);
      invalidIds += decision.invalidIds;
    }
    if (decision.action === 'ignore') {
      reasons.add(decision.reason);
      continue;
    }
    const tickets = new Set(decision.toLink);
    toLink.set(taskSid, tickets.union(toLink.get(taskSid) ?? new Set()));
    // A segment has few events. Updates may come from any number of writers.
    if (event.type !== 'task.updated' || tickets.size === 0) atOnce.add(taskSid);
    const message = toReconcile(event, options.now());
    if (!byTask.has(taskSid) || message.meta.finishing) byTask.set(taskSid, message);
  }
  const delaySeconds = new Map(
    [...byTask.keys()].map((taskSid) => {
      const links = [...(toLink.get(taskSid) ?? [])].map((ticket) => `${taskSid} ${ticket}`);
      return [taskSid, atOnce.has(taskSid) ? 0 : Math.min(...links.map(writeBackoff))];
    }),
  );
  const delaySecondsOf = ({ meta }: ReconcileMessage): number =>
    delaySeconds.get(meta.taskSid) ?? 0;
  // A link that we delay on purpose does not count as lost.
  const isToLink = (taskSid: string): boolean =>
    (toLink.get(taskSid)?.size ?? 0) > 0 && delaySeconds.get(taskSid) === 0;
  const messages = [...byTask.values()].map(({ meta, ...message }) => ({
    ...message,
    meta: isToLink(meta.taskSid) ? { ...meta, toLink: true as const } : meta,
  }));
  await enqueue(messages, { ...options, delaySecondsOf, maxMessages: maxMessagesPerRequest });
  const tasks = [...new Set([...byTask.keys(), ...tasksWithInvalidId])].slice(0, maxTasks);
  const summary = {
    events: events.length,
    reconciles: messages.length,
    ticketsToLink: [...toLink.values()].reduce((sum, { size }) => sum + size, 0),
    ...(invalidIds > 0 && { invalidIds }),
    ...(reasons.size > 0 && { reasons: [...reasons] }),
    ...(tasks.length > 0 && { tasks }),
  };
  const problems = events
    .flatMap((event) => (event.kind === 'invalid' ? event.problems : []))
    .slice(0, maxProblems);
  return { outcome: messages.length > 0 ? 'accepted' : 'ignored', summary, problems };
}

/**
 * Returns a function that says how many seconds a link must wait that its Task loses again and again. The first few
 * times it does not wait, then longer each time. Without this, a writer that removes our link at each update would
 * cause an endless loop. Each function instance counts on its own.
 * @param now milliseconds since 1970
 * @returns a function of a key that names one ticket on one Task
 */
export function createWriteBackoff(now: () => number): (link: string) => number {
  const seen = new Map<string, { times: number; at: number }>();
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

const immediateWrites = 3;

const baseWaitSeconds = 15;

const maxWaitSeconds = 900;

/** A link that was not lost for this time does not wait the next time. */
const resetAfterMs = 30 * 60_000;

const maxLinks = 2000;
