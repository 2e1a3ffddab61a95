import { SQSClient } from '@aws-sdk/client-sqs';
import type { Outcome } from '../../lambdas/sync/types.ts';
import { isConfirmation, type Message } from '../../shared/messages/message.ts';
import type { Colors, Context } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';
import { operatorTaskRouter } from '../task-router.ts';
import { escapeUnprintable, formatDuration, formatTime, printJson } from '../text.ts';
import type { DeadLetter } from './dead-letter.ts';
import { deadLetterJson, describeReason } from './print.ts';
import { findDeadLetter } from './read.ts';
import { withScan } from './scan.ts';
import { type Simulation, simulate } from './simulate.ts';

export interface ShowSettings {
  readonly json?: true;
}

/** Shows one dead letter, and what a replay of it would do. */
export async function runShow(
  deployment: Deployment,
  idPrefix: string,
  { json }: ShowSettings,
  context: Context,
): Promise<ExitCode> {
  const { aws, deadLetterQueueUrl } = deployment;
  const stop = context.stopSignal();
  const deadLetter = await withScan(new SQSClient(aws.sqs), deadLetterQueueUrl, (scan) =>
    findDeadLetter(scan, idPrefix, () => stop.aborted),
  );
  if (deadLetter === undefined) return exitCodes.stopped;
  const { message } = deadLetter;
  const simulation = message && (await simulateOrFailure(message, deployment));
  context.out(
    json
      ? printJson({
          ...deadLetterJson(deadLetter),
          message,
          ifReplayed: simulationJson(simulation),
        })
      : printDeadLetter(deadLetter, simulation, Date.now(), context.colors),
  );
  return exitCodes.done;
}

const outcomeTexts: Readonly<Record<Outcome['outcome'], string>> = {
  linked: 'its link would be written',
  removed: 'its link would be taken away',
  reconciled: 'the Task would be put right',
  unchanged: 'the Task is as it should be already: nothing would be written',
  stale: 'the Task knows a newer version: nothing would be written',
  waiting: 'no agent has accepted the Task yet: it would wait for that',
  unmatched: 'no Task belongs to it: it would be let go',
  expired: 'its Task is gone: it would be let go',
  retry: 'it would be tried again',
  rejected: 'it would be a dead letter again',
};

/** A name, what stands there, and what is to be said of that. */
type Row = readonly [name: string, text: string, note?: string];

/** What a replay would do, or why that cannot be told: the letter itself is worth showing all the same. */
async function simulateOrFailure(
  message: Message,
  deployment: Deployment,
): Promise<Simulation | Failure> {
  try {
    const simulation = await simulate(message, operatorTaskRouter(deployment));
    const { outcome } = simulation;
    return outcome.outcome === 'retry' && outcome.reason === 'unauthorized'
      ? new Failure(
          `What would happen is not known: Twilio refuses your API key (${outcome.detail}).`,
          'Check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET: the key must read Tasks and Reservations.',
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
    ['kind', link === null ? 'the ticket goes' : 'the ticket changed'],
    ['ticket', ticket],
    ['version', version],
    ['link', link === null ? 'none' : `${link.type}  ${link.url}`],
    [
      'belongs to',
      [
        ...Object.values(sids),
        ...(attribute === undefined ? [] : [`Tasks whose ${attribute.name} is ${attribute.value}`]),
      ].join(', '),
    ],
    ['changed', formatTime(occurredAt)],
  ];
}

function simulationLines(
  simulation: Simulation | Failure | undefined,
  message: Message | undefined,
  dim: Colors['dim'],
): string[] {
  if (message === undefined) return ['It would be a dead letter again: it cannot be read.'];
  if (simulation === undefined) return [];
  if (simulation instanceof Failure) return [simulation.message, simulation.next];
  return [
    `${describeOutcome(simulation.outcome)}.`,
    ...simulation.tasks.map((task) => `  ${task}  ${dim(`npm run ops -- explain ${task}`)}`),
  ];
}

/** One dead letter for a person, and what a replay would do. */
function printDeadLetter(
  deadLetter: DeadLetter,
  simulation: Simulation | Failure | undefined,
  now: number,
  { bold, dim }: Colors,
): string {
  const { id, reason, detail, tries, firstSeen, lastTried, message } = deadLetter;
  const rows: Row[] = [
    ...row('reason', reason, describeReason(reason)),
    ...row('detail', detail),
    ...row('tries', tries?.toString()),
    ...row('replayed', deadLetter.replay, 'and dead again since'),
    ...row('taken in', `${formatTime(firstSeen)}, ${formatDuration(now - firstSeen)} ago`),
    ...row('last tried', lastTried === undefined ? undefined : formatTime(lastTried)),
    ...(message === undefined
      ? row('body', `no message of ours, ${deadLetter.body.length} characters; --json shows it`)
      : messageRows(message)),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const printRow = ([name, text, note]: Row): string =>
    `  ${name.padEnd(width)}  ${escapeUnprintable(text)}${note === undefined ? '' : `  ${dim(note)}`}`;
  return [
    bold(id),
    '',
    ...rows.map(printRow),
    '',
    bold('If it were replayed now'),
    ...simulationLines(simulation, message, dim).map((line) => `  ${line}`),
    '',
  ].join('\n');
}
