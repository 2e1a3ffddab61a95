import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { LinkConfig } from '../../shared/crm/link-settings.ts';
import { ticketsOnTask } from '../../shared/crm/tickets-on-task.ts';
import { isConfirmation, type Message } from '../../shared/messages/message.ts';
import { applyBatch } from '../../shared/sync/apply-batch.ts';
import { createDeadline } from '../../shared/sync/options.ts';
import { outcomeWithoutTask } from '../../shared/sync/outcome.ts';
import type { Delivery, Outcome } from '../../shared/sync/types.ts';
import type { TaskRouter } from '../../shared/taskrouter/task-router.ts';
import { awsClientOptions } from '../aws.ts';
import type { Colors, Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { operatorTaskRouter } from '../task-router.ts';
import { escapeUnprintable, formatDuration, formatTime, printJson } from '../text.ts';
import type { DeadLetter } from './dead-letter.ts';
import { deadLetterJson } from './print.ts';
import { type DlqQueue, describeReason } from './queue.ts';
import { findDeadLetter } from './read.ts';
import { withScan } from './scan.ts';

export interface ShowSettings {
  json?: true;
}

/** `dlq show`: shows one message of a queue and what a replay would do. */
export async function runShow(
  deployment: Deployment,
  queue: DlqQueue,
  idPrefix: string,
  { json }: ShowSettings,
  context: Context,
): Promise<ExitCode> {
  const stop = context.stopSignal();
  const sqs = new SQSClient(awsClientOptions(deployment.aws.sqs));
  const deadLetter = await withScan(sqs, queue, stop, (scan) =>
    findDeadLetter(scan, queue, idPrefix, deployment.option, stop),
  );
  if (deadLetter === undefined) return exitCodes.stopped;
  const { message } = deadLetter;
  const simulation = message && (await simulateOrFailure(message, deployment, stop));
  if (stop.aborted) return exitCodes.stopped;
  context.out(
    json
      ? printJson({
          ...deadLetterJson(deadLetter),
          message,
          ifReplayed: simulationJson(simulation),
        })
      : printDeadLetter(deadLetter, simulation, deployment.option, Date.now(), context.colors),
  );
  return exitCodes.done;
}

/** What a replay of a dead letter would do now, in one line. */
export async function replayOutcome(
  deadLetter: DeadLetter,
  deployment: Deployment,
  stop: AbortSignal,
): Promise<string> {
  const { message } = deadLetter;
  const simulation = message && (await simulateOrFailure(message, deployment, stop));
  return simulationLines(simulation, deadLetter, deployment.option, String)[0] ?? '';
}

const outcomeTexts: Readonly<Record<Outcome['outcome'], string>> = {
  linked: 'sync would write its link',
  removed: 'sync would remove its link',
  reconciled: 'sync would reconcile the Task',
  unchanged: 'the Task is up to date: sync would write nothing',
  stale: 'the Task has a newer version: sync would write nothing',
  waiting: 'no agent has accepted the Task: the message would wait',
  unmatched: 'no Task matches: sync would acknowledge the message',
  expired: 'the Task no longer exists: sync would acknowledge the message',
  retry: 'sync would retry the message',
  rejected: 'the message would become a dead letter again',
};

/** A name, its value and a note. */
type Row = readonly [name: string, text: string, note?: string];

/** What a replay would do, or why that is unknown. The dead letter is shown in both cases. */
async function simulateOrFailure(
  message: Message,
  deployment: Deployment,
  stop: AbortSignal,
): Promise<Simulation | Failure> {
  try {
    const taskRouter = operatorTaskRouter(deployment);
    const simulation = await simulate(message, taskRouter, deployment.sources, stop);
    const { outcome } = simulation;
    return outcome.outcome === 'retry' && outcome.reason === 'unauthorized'
      ? new Failure(
          `The outcome is unknown: Twilio rejects your API key (${outcome.detail}).`,
          'Check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET: the key needs read access to Tasks and Reservations.',
        )
      : simulation;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function simulationJson(simulation: Simulation | Failure | undefined) {
  return simulation instanceof Failure
    ? { unknown: simulation.message, next: simulation.next }
    : simulation;
}

function describeOutcome(outcome: Outcome): string {
  return 'reason' in outcome
    ? `${outcomeTexts[outcome.outcome]} (${outcome.reason}: ${outcome.detail})`
    : outcomeTexts[outcome.outcome];
}

function row(name: string, text: string | undefined, note?: string): Row[] {
  return text === undefined ? [] : [note === undefined ? [name, text] : [name, text, note]];
}

function messageRows(message: Message): Row[] {
  if (message.kind === 'reconcile') {
    const kind = isConfirmation(message)
      ? `confirmation ${message.meta.confirmationRound}`
      : 'reconcile, after an event';
    return [
      ['kind', kind],
      ['task', message.meta.taskSid],
      ...row('tickets', message.change?.tickets.map(({ ticket }) => ticket).join(', ')),
    ];
  }
  const { ticket, version, link, correlation, occurredAt } = message.change;
  const { attribute, ...sids } = correlation;
  return [
    ['kind', link === null ? 'the ticket was removed' : 'the ticket changed'],
    ['ticket', ticket],
    ['version', version],
    ['link', link === null ? 'none' : `${link.type}  ${link.url}`],
    [
      'matches',
      [
        ...Object.values(sids),
        ...(attribute === undefined ? [] : [`Tasks with ${attribute.name} = ${attribute.value}`]),
      ].join(', '),
    ],
    ['changed', formatTime(occurredAt)],
  ];
}

function eventRows(
  { id, type }: NonNullable<DeadLetter['event']>,
  source: string | undefined,
): Row[] {
  return [...row('event', id), ...row('from', source), ...row('type', type)];
}

function simulationLines(
  simulation: Simulation | Failure | undefined,
  { message, event }: DeadLetter,
  option: string,
  dim: Colors['dim'],
): string[] {
  if (event !== undefined) return ['crm-change would get the event again.'];
  if (message === undefined)
    return ['The message is unreadable: it would become a dead letter again.'];
  if (simulation === undefined) return [];
  if (simulation instanceof Failure) return [simulation.message, simulation.next];
  return [
    `${describeOutcome(simulation.outcome)}.`,
    ...simulation.tasks.map(
      (task) => `  ${task}  ${dim(`npm run ops -- explain ${task} ${option}`)}`,
    ),
  ];
}

/** One dead letter as text, and what a replay would do. */
function printDeadLetter(
  deadLetter: DeadLetter,
  simulation: Simulation | Failure | undefined,
  option: string,
  now: number,
  { bold, dim }: Colors,
): string {
  const { id, reason, detail, tries, firstSeen, lastTried, message, event, source } = deadLetter;
  const rows: Row[] = [
    ...row('reason', reason, describeReason(reason)),
    ...row('detail', detail),
    ...row('tries', tries?.toString()),
    ...row('replayed', deadLetter.replay, 'and failed again'),
    ...row('accepted', `${formatTime(firstSeen)}, ${formatDuration(now - firstSeen)} ago`),
    ...row('last tried', lastTried === undefined ? undefined : formatTime(lastTried)),
    ...(event === undefined ? [] : eventRows(event, source)),
    ...(message === undefined && event === undefined
      ? row('body', `not one of our messages, ${deadLetter.body.length} characters; use --json`)
      : []),
    ...(message === undefined ? [] : messageRows(message)),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const printRow = ([name, text, note]: Row): string =>
    `  ${name.padEnd(width)}  ${escapeUnprintable(text)}${note === undefined ? '' : `  ${dim(note)}`}`;
  return [
    bold(id),
    '',
    ...rows.map(printRow),
    '',
    bold('Replayed now'),
    ...simulationLines(simulation, deadLetter, option, dim).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** What sync would do with a message now. */
interface Simulation {
  outcome: Outcome;
  /** SIDs of the Tasks that the message matches. */
  tasks: readonly string[];
}

const simulationTimeoutMs = 30_000;

/**
 * Applies a message to the current Tasks with the code of sync, without the write.
 * @param stop aborts the requests
 */
async function simulate(
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

/** The number is low, because the command runs beside sync. */
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
