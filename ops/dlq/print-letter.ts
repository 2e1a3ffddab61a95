import type { Outcome } from '../../lambdas/sync/apply/outcome.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Colors } from '../context.ts';
import { Failure } from '../failure.ts';
import { printable } from '../printable.ts';
import { spanText, timeText } from '../time-text.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { Foreseen } from './foresee.ts';
import { meaningOf } from './reasons.ts';

const says: Readonly<Record<Outcome['outcome'], string>> = {
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

const outcomeText = (outcome: Outcome): string =>
  'reason' in outcome
    ? `${says[outcome.outcome]} (${outcome.reason}: ${outcome.detail})`
    : says[outcome.outcome];

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
    ['changed', timeText(message.occurredAt)],
  ];
};

const replayLines = (
  foreseen: Foreseen | Failure | undefined,
  message: Message | undefined,
  dim: Colors['dim'],
): string[] => {
  if (message === undefined) return ['It would be a dead letter again: it cannot be read.'];
  if (foreseen === undefined) return [];
  if (foreseen instanceof Failure) return [foreseen.message, foreseen.next];
  return [
    `${outcomeText(foreseen.outcome)}.`,
    ...foreseen.tasks.map((task) => `  ${task}  ${dim(`npm run ops -- explain ${task}`)}`),
  ];
};

/** One dead letter for a person, and what a replay would do. */
export const printLetter = (
  letter: DeadLetter,
  foreseen: Foreseen | Failure | undefined,
  now: number,
  { bold, dim }: Colors,
): string => {
  const { id, reason, detail, tries, firstSeen, lastTried, message } = letter;
  const rows: Row[] = [
    ...row('reason', reason, meaningOf(reason)),
    ...row('detail', detail),
    ...row('tries', tries?.toString()),
    ...row('replayed', letter.replay, 'and dead again since'),
    ...row('taken in', `${timeText(firstSeen)}, ${spanText(now - firstSeen)} ago`),
    ...row('last tried', lastTried === undefined ? undefined : timeText(lastTried)),
    ...(message === undefined
      ? row('body', `no message of ours, ${letter.body.length} characters; --json shows it`)
      : messageRows(message)),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const printRow = ([name, text, note]: Row): string =>
    `  ${name.padEnd(width)}  ${printable(text)}${note === undefined ? '' : `  ${dim(note)}`}`;
  return [
    bold(id),
    '',
    ...rows.map(printRow),
    '',
    bold('If it were replayed now'),
    ...replayLines(foreseen, message, dim).map((line) => `  ${line}`),
    '',
  ].join('\n');
};
