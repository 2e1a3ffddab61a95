import type { TicketIdSource } from '../../shared/crm/ticket-ids.ts';
import {
  CallSid,
  ConversationSid,
  idOf,
  sourceOf,
  TaskSid,
  TicketId,
  TicketKey,
} from '../../shared/messages/ticket-change.ts';
import type { TaskSearch } from '../../shared/taskrouter/criteria.ts';
import { NotFound } from '../../shared/taskrouter/errors.ts';
import { findTasks } from '../../shared/taskrouter/find-tasks.ts';
import { readTask, type TaskRouter } from '../../shared/taskrouter/task-router.ts';
import type { Context } from '../context.ts';
import { type Deployment, requireTicketKey } from '../deployment/deployment.ts';
import type { DeadLetter } from '../dlq/dead-letter.ts';
import { queueOf } from '../dlq/queue.ts';
import { readMessages } from '../dlq/read.ts';
import { explainTask } from '../explain/explain-task.ts';
import type { TicketView } from '../explain/explanation.ts';
import { Failure } from '../failure.ts';
import { readLogLines } from '../logs.ts';
import { eventSourceState } from '../sync/event-source.ts';
import { operatorTaskRouter, toTaskRouterFailure } from '../task-router.ts';
import { type TraceEvent, toTraceEvent } from './events.ts';

/** The item that `ops why` is about: a ticket key, or a Task, call or conversation by its SID. */
interface TraceItem {
  kind: 'ticket' | 'task' | 'call' | 'conversation';
  value: string;
}

/** A Task that has or had the item. */
export interface TracedTask {
  sid: string;
  /** The Task's status. `gone`: Twilio has deleted it. `unknown`: it could not be read. */
  status: string;
  tickets: readonly Pick<TicketView, 'ticket' | 'state'>[];
}

/** All known facts about an item. */
export interface Trace {
  item: TraceItem;
  /** Milliseconds since 1970: how far back the logs were read. */
  since: number;
  /** Oldest first. */
  events: readonly TraceEvent[];
  tasks: readonly TracedTask[];
  deadLetters: readonly Pick<DeadLetter, 'id' | 'reason' | 'detail' | 'ticket' | 'firstSeen'>[];
  /** Whether an operator has paused sync. */
  paused: boolean;
  /** The parts that could not be read, and why. */
  notes: readonly string[];
}

/** The most Tasks. A ticket usually has fewer. */
const maxTasks = 5;

/** The most texts in one filter pattern. CloudWatch accepts 1024 characters. */
const maxTerms = 20;

/** About 50 MB of one log group. */
const maxPages = 50;

/**
 * Follows an item through webhook, queue, sync, Task and dead letters.
 * @param since how far back to read the logs, milliseconds since 1970
 * @throws Failure if the logs cannot be read; other parts that cannot be read are notes
 */
export async function traceItem(
  deployment: Deployment,
  item: TraceItem,
  since: number,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<Trace> {
  const notes: string[] = [];
  /** The result of a part. If it cannot be read: a note and the fallback. */
  const orNote = async <Result>(what: string, fallback: Result, read: () => Promise<Result>) => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      notes.push(`${what}: ${error.message}`);
      return fallback;
    }
  };

  const searched = await orNote<readonly string[]>('Tasks were not searched', [], () =>
    searchTasks(deployment, item),
  );
  const sids = new Set(item.kind === 'ticket' ? searched : [item.value, ...searched]);
  const terms = item.kind === 'ticket' ? [item.value] : [...sids];
  const first = await readEvents(deployment, terms, since, stop);
  const about = first.events.filter((event) => isAbout(event, item, sids));
  for (const sid of about.flatMap((event) => event.sids)) if (sid.startsWith('WT')) sids.add(sid);
  const tickets = new Set(about.flatMap((event) => event.tickets));
  const more = [...(item.kind === 'ticket' ? [] : tickets), ...sids].filter(
    (term) => !terms.includes(term),
  );
  const second = await readEvents(deployment, more.slice(0, maxTerms), since, stop);
  if (first.hasMore || second.hasMore) notes.push('The logs are long: not all lines were read.');
  const events = [
    ...about,
    ...second.events.filter((each) => isRelated(each, item, sids, tickets)),
  ];

  const taskSids = [...sids].filter((sid) => sid.startsWith('WT')).slice(-maxTasks);
  const tasks = await orNote('Tasks were not read', unreadTasks(taskSids), () =>
    readTasks(deployment, taskSids),
  );
  const deadLetters = await orNote<Trace['deadLetters']>('Dead letters were not read', [], () =>
    findDeadLetters(deployment, item, sids, stop, context),
  );
  const paused = await orNote('The event source was not read', false, async () => {
    const { state } = await eventSourceState(deployment);
    return state === 'paused' || state === 'pausing';
  });
  return {
    item,
    since,
    events: [...new Map(events.map((event) => [`${event.part} ${event.id}`, event])).values()].sort(
      (one, other) => one.at - other.at,
    ),
    tasks,
    deadLetters,
    paused,
    notes,
  };
}

/** The Tasks that name the item now, or whose ledger contains it. */
async function searchTasks(
  { sources, ...deployment }: Deployment,
  { kind, value }: TraceItem,
): Promise<readonly string[]> {
  if (kind === 'task') return [];
  const taskRouter = operatorTaskRouter(deployment);
  const search = async (query: Omit<TaskSearch, 'link'>) => {
    const [found = []] = await findTasks(taskRouter, [{ ...query, link: null }]).catch(
      (error: unknown) => {
        throw toTaskRouterFailure(error, value, { ...deployment, sources });
      },
    );
    return found.map(({ taskSid }) => taskSid);
  };
  if (kind === 'call') return search({ ticket: '', correlation: { callSid: value } });
  if (kind === 'conversation') {
    return search({ ticket: '', correlation: { conversationSid: value } });
  }
  const source = sources[sourceOf(value)];
  const attribute =
    source?.taskAttribute === undefined
      ? undefined
      : { name: source.taskAttribute, value: idOf(value), kind: source.kind };
  return search({
    ticket: value,
    correlation: attribute === undefined ? {} : { attribute },
    // With this, Tasks whose ledger contains the ticket match too.
    exclusive: true,
  });
}

async function readEvents(
  deployment: Deployment,
  terms: readonly string[],
  since: number,
  stop: AbortSignal,
) {
  const { aws, crmChangeLogGroup, taskEventLogGroup, syncLogGroup } = deployment;
  if (terms.length === 0) return { events: [], hasMore: false };
  const groups = {
    'crm-change': crmChangeLogGroup,
    'task-event': taskEventLogGroup,
    sync: syncLogGroup,
  } as const;
  const read = async (part: keyof typeof groups) => {
    const query = { group: groups[part], terms, since, maxPages, stop };
    const { lines, hasMore } = await readLogLines(aws.logs, query);
    return { events: lines.flatMap((line) => toTraceEvent(part, line) ?? []), hasMore };
  };
  const results = await Promise.all([read('crm-change'), read('task-event'), read('sync')]);
  return {
    events: results.flatMap(({ events }) => events),
    hasMore: results.some(({ hasMore }) => hasMore),
  };
}

/**
 * Whether a line is about the item itself. The log was searched for parts of texts, so other lines are found too.
 */
function isAbout(event: TraceEvent, { kind, value }: TraceItem, sids: ReadonlySet<string>) {
  return kind === 'ticket'
    ? event.tickets.includes(value)
    : event.sids.some((sid) => sids.has(sid));
}

/**
 * Whether a line is about something related to the item. For a ticket: reconciles of its Tasks that wrote or
 * failed. For a conversation: its Tasks, and webhooks of its tickets.
 */
function isRelated(
  event: TraceEvent,
  { kind }: TraceItem,
  sids: ReadonlySet<string>,
  tickets: ReadonlySet<string>,
): boolean {
  const isOnTask = event.sids.some((sid) => sids.has(sid));
  if (kind === 'ticket') {
    const isQuiet = event.outcome === 'unchanged' || event.outcome === 'waiting';
    return event.isReconcile && isOnTask && !isQuiet;
  }
  return isOnTask || (event.part === 'crm-change' && event.tickets.some((key) => tickets.has(key)));
}

function unreadTasks(sids: readonly string[]): readonly TracedTask[] {
  return sids.map((sid) => ({ sid, status: 'unknown', tickets: [] }));
}

async function readTasks(
  deployment: Deployment,
  sids: readonly string[],
): Promise<readonly TracedTask[]> {
  if (sids.length === 0) return [];
  const taskRouter = operatorTaskRouter(deployment);
  return Promise.all(sids.map((sid) => readTracedTask(taskRouter, sid, deployment)));
}

async function readTracedTask(
  taskRouter: TaskRouter,
  sid: string,
  deployment: Deployment,
): Promise<TracedTask> {
  try {
    const { task, reservations } = await readTask(taskRouter, sid, { calls: 0 });
    const { tickets, notLinked } = explainTask(task, reservations, deployment.sources, false);
    return {
      sid,
      status: task.status ?? 'unknown',
      tickets: [
        ...tickets.map(({ ticket, state }) => ({ ticket, state })),
        ...notLinked.map((ticket) => ({ ticket, state: 'missing' as const })),
      ],
    };
  } catch (error) {
    if (error instanceof NotFound) return { sid, status: 'gone', tickets: [] };
    throw toTaskRouterFailure(error, sid, deployment);
  }
}

async function findDeadLetters(
  deployment: Deployment,
  { kind, value }: TraceItem,
  sids: ReadonlySet<string>,
  stop: AbortSignal,
  context: Pick<Context, 'progress'>,
): Promise<Trace['deadLetters']> {
  const matches = ({ ticket, task = '', message }: DeadLetter): boolean => {
    if (kind === 'ticket') return ticket === value;
    if (sids.has(task)) return true;
    if (message?.kind !== 'ticket-change') return false;
    const { taskSid = '', callSid = '', conversationSid = '' } = message.change.correlation;
    return [taskSid, callSid, conversationSid].some((sid) => sids.has(sid));
  };
  const deadLetters: Trace['deadLetters'][number][] = [];
  const queue = queueOf(deployment, 'dead-letters');
  await readMessages(deployment, queue, stop, context, (deadLetter) => {
    if (!matches(deadLetter)) return;
    const { id, reason, detail, ticket, firstSeen } = deadLetter;
    deadLetters.push({ id, reason, detail, ticket, firstSeen });
  });
  return deadLetters;
}

/**
 * The item that a text names: a ticket as `<source>/<id>`, or the SID of a Task, call or conversation. Undefined if
 * it is none of them.
 * @param source the source of a ticket, if the text is only its id
 */
export function parseTraceItem(text: string, source?: string): TraceItem | undefined {
  if (source !== undefined) {
    return TicketId.safeParse(text).success
      ? { kind: 'ticket', value: `${source}/${text}` }
      : undefined;
  }
  if (TaskSid.safeParse(text).success) return { kind: 'task', value: text };
  if (CallSid.safeParse(text).success) return { kind: 'call', value: text };
  if (ConversationSid.safeParse(text).success) return { kind: 'conversation', value: text };
  return TicketKey.safeParse(text).success ? { kind: 'ticket', value: text } : undefined;
}

/**
 * The item, with a ticket's key in the form of `requireTicketKey`.
 * @throws Failure if the id does not have the shape of the source's ids
 */
export function requireTraceItem(
  item: TraceItem,
  sources: Readonly<Record<string, TicketIdSource>>,
): TraceItem {
  return item.kind === 'ticket' ? { ...item, value: requireTicketKey(item.value, sources) } : item;
}
