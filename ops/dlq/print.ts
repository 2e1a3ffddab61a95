import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { deadLetterRetentionSeconds } from '../../shared/config/limits.ts';
import type { DeadLetterReason } from '../../shared/sync/types.ts';
import type { Colors } from '../context.ts';
import { escapeUnprintable, formatDuration, formatTime } from '../text.ts';
import { type DeadLetter, syncDidNotFinish } from './dead-letter.ts';

const hour = 3_600_000;

const day = 24 * hour;

/** Age groups, each up to its limit in milliseconds. */
const ageBuckets = [
  { name: 'under 1 h', belowMs: hour },
  { name: '1 h to 6 h', belowMs: 6 * hour },
  { name: '6 h to 1 d', belowMs: day },
  { name: '1 d to 3 d', belowMs: 3 * day },
  { name: '3 d to 7 d', belowMs: 7 * day },
  { name: '7 d and more', belowMs: Number.POSITIVE_INFINITY },
];

interface NamedCount {
  name: string;
  count: number;
}

/** The counts of dead letters. */
export interface DeadLetterSummary {
  total: number;
  byReason: readonly NamedCount[];
  bySource: readonly NamedCount[];
  /** By the time since the change was accepted, youngest first; without empty groups. */
  byAge: readonly NamedCount[];
  /** When SQS deletes the oldest, milliseconds since 1970. */
  expiresAt: number | undefined;
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

/** The counts as text. */
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

/** One line per dead letter, oldest first. */
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

/** A dead letter as JSON, complete but for its receipt handle. Binary attributes are in base64. */
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

/** A dead letter in a list: without body and attributes, which may hold personal data. */
export function listItemJson(deadLetter: DeadLetter) {
  const { body: _, attributes: __, ...listed } = deadLetterJson(deadLetter);
  return listed;
}

type Reason = DeadLetterReason | typeof syncDidNotFinish;

/** What happened, and what to do. docs/runbook.md has the details. */
const reasonDescriptions: Readonly<Record<Reason, string>> = {
  'taskrouter-unavailable':
    'TaskRouter was unavailable for 6.5 hours: replay when it answers again',
  'taskrouter-invalid-response':
    'TaskRouter answered for 6.5 hours what it does not document: run dlq show and doctor, then replay',
  unauthorized: 'Twilio rejected the API key for 6.5 hours: renew the key, then replay',
  crashed: 'sync threw an unexpected error: update crm-media-sync, then replay',
  [syncDidNotFinish]:
    'sync crashed or timed out at each of its last tries: read the sync log, then replay',
  'attributes-full':
    'the attributes of its Task are full: free space in them, then replay before the conversation ends',
  'attributes-unreadable':
    'the attributes of its Task are not a JSON object: repair them, then replay',
  'twilio-bad-request': 'Twilio answered 4xx: run dlq show',
  'invalid-message': 'this is not one of our messages: purge it',
};

/** The description of a reason; undefined for a reason that this version does not know. */
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

/** The source of a dead letter; a reconcile has none, it is about a Task. */
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
  return ticket ?? task ?? (message === undefined ? 'unreadable' : '');
}

function attributeJson({ DataType, StringValue, BinaryValue }: MessageAttributeValue) {
  return {
    type: DataType,
    value: BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString('base64'),
  };
}
