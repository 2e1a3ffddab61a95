import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { DeadLetterReason } from '../../lambdas/sync/types.ts';
import { deadLetterRetentionSeconds } from '../../shared/config/limits.ts';
import type { Colors } from '../context.ts';
import { escapeUnprintable, formatDuration, formatTime } from '../text.ts';
import type { DeadLetter, syncDidNotFinish } from './dead-letter.ts';

const hour = 3_600_000;

const day = 24 * hour;

/** Ages that letters are counted by: each up to its limit, in milliseconds. */
const ageBuckets = [
  { name: 'under 1 h', belowMs: hour },
  { name: '1 h to 6 h', belowMs: 6 * hour },
  { name: '6 h to 1 d', belowMs: day },
  { name: '1 d to 3 d', belowMs: 3 * day },
  { name: '3 d to 7 d', belowMs: 7 * day },
  { name: '7 d and more', belowMs: Number.POSITIVE_INFINITY },
];

interface NamedCount {
  readonly name: string;
  readonly count: number;
}

/** What lies in the dead-letter queue, counted. */
export interface DeadLetterSummary {
  readonly total: number;
  readonly byReason: readonly NamedCount[];
  readonly bySource: readonly NamedCount[];
  /** By the time since each was taken in, youngest first; only ages that there are. */
  readonly byAge: readonly NamedCount[];
  /** When SQS deletes the first of them, milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** Counts dead letters by reason, source and age. */
export function summarise(deadLetters: readonly DeadLetter[], now: number): DeadLetterSummary {
  const ageOf = ({ firstSeen }: DeadLetter): string =>
    ageBuckets.find(({ belowMs }) => now - firstSeen < belowMs)?.name ?? '';
  const byAge = new Map(countBy(deadLetters, ageOf).map(({ name, count }) => [name, count]));
  return {
    total: deadLetters.length,
    byReason: countBy(deadLetters, ({ reason }) => reason),
    bySource: countBy(deadLetters, sourceOrKind),
    byAge: ageBuckets.flatMap(({ name }) => {
      const count = byAge.get(name);
      return count === undefined ? [] : [{ name, count }];
    }),
    expiresAt:
      deadLetters.length === 0
        ? undefined
        : deadLetters.reduce(
            (first, { sentAt }) => Math.min(first, sentAt),
            Number.POSITIVE_INFINITY,
          ) +
          deadLetterRetentionSeconds * 1000,
  };
}

const maxBarWidth = 24;

/** What lies in the dead-letter queue, for a person. */
export function printSummary(
  { total, byReason, bySource, byAge, expiresAt }: DeadLetterSummary,
  now: number,
  colors: Colors,
): string {
  if (total === 0) return '';
  const lines = [
    colors.bold('By reason'),
    ...histogram(byReason, colors, describeReason),
    '',
    colors.bold('By source'),
    ...histogram(bySource, colors),
    '',
    colors.bold('By age'),
    ...histogram(byAge, colors),
  ];
  if (expiresAt !== undefined) {
    const isSoon = expiresAt - now < 2 * 24 * 3_600_000;
    const expiryText = `SQS deletes the oldest at ${formatTime(expiresAt)}.`;
    lines.push('', isSoon ? colors.red(expiryText) : expiryText);
  }
  return `${lines.join('\n')}\n`;
}

/** One line for each letter, oldest first. */
export function printDeadLetters(deadLetters: readonly DeadLetter[], now: number): string {
  const rows = deadLetters
    .toSorted((one, other) => one.firstSeen - other.firstSeen)
    .map((deadLetter) =>
      [
        deadLetter.id,
        deadLetter.reason,
        subjectOf(deadLetter),
        deadLetter.tries === undefined
          ? ''
          : `${deadLetter.tries} ${deadLetter.tries === 1 ? 'try' : 'tries'}`,
        `${formatDuration(now - deadLetter.firstSeen)} old`,
        deadLetter.detail ?? '',
      ].map(escapeUnprintable),
    );
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/**
 * A letter whole, for scripts and to be put back by hand; without its handle, which is of no use to anybody
 * else. What is binary is in base64.
 */
export function deadLetterJson({
  receiptHandle: _,
  message: __,
  attributes,
  ...deadLetter
}: DeadLetter) {
  return {
    ...deadLetter,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, attributeJson(value)]),
    ),
  };
}

/**
 * A letter for a list: without its body and what others wrote beside it, as one that is none of our messages may
 * hold anything.
 */
export function listItemJson(deadLetter: DeadLetter) {
  const { body: _, attributes: __, ...listed } = deadLetterJson(deadLetter);
  return listed;
}

type Reason = DeadLetterReason | typeof syncDidNotFinish;

/** What each reason means, and whether a replay helps. In more words: docs/runbook.md. */
const reasonDescriptions: Readonly<Record<Reason, string>> = {
  'taskrouter-unavailable': 'TaskRouter did not answer for 6.5 hours: replay once it does',
  unauthorized: 'Twilio refused the API key for 6.5 hours: renew it, then replay',
  crashed: 'a fault of ours: update, then replay',
  'sync-did-not-finish':
    'SQS gave it up after crashes or time-outs of the sync: see its log, then replay',
  'attributes-full':
    'no room in the attributes of its Task: replay while the conversation lasts, once others made room',
  'attributes-unreadable':
    'the attributes of its Task are not JSON of ours to write: mend, then replay',
  'twilio-bad-request': 'Twilio refused the request: see dlq show',
  'invalid-message': 'not a message of ours: purge it',
};

/** What a reason means, in words; undefined for one that this version does not know. */
export function describeReason(reason: string): string | undefined {
  return Object.entries(reasonDescriptions).find(([known]) => known === reason)?.[1];
}

function countBy(
  deadLetters: readonly DeadLetter[],
  nameOf: (deadLetter: DeadLetter) => string,
): NamedCount[] {
  return [...Map.groupBy(deadLetters, nameOf)]
    .map(([name, group]) => ({ name, count: group.length }))
    .sort((one, other) => other.count - one.count || one.name.localeCompare(other.name));
}

/** What a letter is about where no source is: settles are about a Task. */
function sourceOrKind({ source, message }: DeadLetter): string {
  return source ?? (message?.kind === 'reconcile' ? '(Tasks)' : '(unknown)');
}

function histogram(
  counts: readonly NamedCount[],
  { cyan, dim }: Colors,
  noteOf: (name: string) => string | undefined = () => undefined,
): string[] {
  const names = counts.map(({ name }) => escapeUnprintable(name));
  const nameWidth = Math.max(0, ...names.map(({ length }) => length));
  const max = Math.max(1, ...counts.map(({ count }) => count));
  const countWidth = String(max).length;
  return counts.map(({ name, count }, index) => {
    const bar = '█'.repeat(Math.max(1, Math.round((count / max) * maxBarWidth)));
    const note = noteOf(name);
    const line = `  ${(names[index] ?? '').padEnd(nameWidth)}  ${String(count).padStart(countWidth)}  ${cyan(bar)}`;
    return note === undefined ? line : `${line}\n  ${' '.repeat(nameWidth)}  ${dim(note)}`;
  });
}

function subjectOf({ ticket, task, message }: DeadLetter): string {
  return ticket ?? task ?? (message === undefined ? 'not readable' : '');
}

function attributeJson({ DataType, StringValue, BinaryValue }: MessageAttributeValue) {
  return {
    type: DataType,
    value: BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString('base64'),
  };
}
