import type { Outcome } from '../../lambdas/sync/apply/outcome.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Colors } from '../context.ts';
import { Failure } from '../failure.ts';
import { escapeUnprintable } from '../printable.ts';
import { formatDuration, formatTime } from '../time-text.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Simulation } from './foresee.ts';
import { describeReason } from './reasons.ts';

const outcomeTexts: Readonly<Record<Outcome['outcome'], string>> = {
  linked: 'its link would be written',
  removed: 'its link would be taken away',
  settled: 'the Task would be put right',
  unchanged: 'the Task is as it should be already: nothing would be written',
  stale: 'the Task knows a newer version: nothing would be written',
  waiting: 'no agent has accepted the Task yet: it would wait for that',
  unmatched: 'no Task belongs to it: it would be let go',
  expired: 'its Task is gone: it would be let go',
  retry: 'it would be tried again',
  rejected: 'it would be a dead letter again',
};

const describeOutcome = (outcome: Outcome): string =>
  'reason' in outcome
    ? `${outcomeTexts[outcome.outcome]} (${outcome.reason}: ${outcome.detail})`
    : outcomeTexts[outcome.outcome];

/** A name, what stands there, and what is to be said of that. */
type Row = readonly [name: string, text: string, note?: string];

const row = (name: string, text: string | undefined, note?: string): Row[] =>
  text === undefined ? [] : [note === undefined ? [name, text] : [name, text, note]];

const messageRows = (message: Message): Row[] => {
  if (message.kind === 'settle') {
    const { confirmation: confirms } = message;
    return [
      ['kind', confirms === undefined ? 'settle, by an event' : `confirmation ${confirms.round}`],
      ['task', message.taskSid],
      ...row('tickets', confirms?.tickets.map(({ ticket }) => ticket).join(', ')),
    ];
  }
  const { link, correlation } = message;
  const { attribute, ...sids } = correlation;
  return [
    ['kind', link === null ? 'the ticket goes' : 'the ticket changed'],
    ['ticket', message.ticket],
    ['version', message.version],
    ['link', link === null ? 'none' : `${link.type}  ${link.url}`],
    [
      'belongs to',
      [
        ...Object.values(sids),
        ...(attribute === undefined ? [] : [`Tasks whose ${attribute.name} is ${attribute.value}`]),
      ].join(', '),
    ],
    ['changed', formatTime(message.occurredAt)],
  ];
};

const simulationLines = (
  simulation: Simulation | Failure | undefined,
  message: Message | undefined,
  dim: Colors['dim'],
): string[] => {
  if (message === undefined) return ['It would be a dead letter again: it cannot be read.'];
  if (simulation === undefined) return [];
  if (simulation instanceof Failure) return [simulation.message, simulation.next];
  return [
    `${describeOutcome(simulation.outcome)}.`,
    ...simulation.tasks.map((task) => `  ${task}  ${dim(`npm run ops -- explain ${task}`)}`),
  ];
};

/** One dead letter for a person, and what a replay would do. */
export const printDeadLetter = (
  deadLetter: DeadLetter,
  simulation: Simulation | Failure | undefined,
  now: number,
  { bold, dim }: Colors,
): string => {
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
};
