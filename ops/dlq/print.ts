import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Colors } from '../context.ts';
import { escapeUnprintable, formatDuration, formatTime } from '../text.ts';
import type { DeadLetter } from './dead-letter.ts';
import { type DlqQueue, describeReason } from './queue.ts';
import type { DeadLetterSummary } from './summary.ts';

const maxBarWidth = 24;

/** The most tickets in the text. Only the JSON has all of them. */
const maxTicketRows = 30;

/** How many messages there are, and about how many tickets: `278 dead letters about 66 tickets`. */
export function countText(
  { total, tickets, ticketsAtLeast }: DeadLetterSummary,
  { one, many }: Pick<DlqQueue, 'one' | 'many'>,
): string {
  const messages = `${total} ${total === 1 ? one : many}`;
  if (tickets === 0) return messages;
  const atLeast = ticketsAtLeast ? 'at least ' : '';
  return `${messages} about ${atLeast}${tickets} ${tickets === 1 ? 'ticket' : 'tickets'}`;
}

/** The counts as text. */
export function printSummary(
  { total, tickets, byReason, bySource, byAge, byTicket, expiresAt }: DeadLetterSummary,
  now: number,
  colors: Colors,
): string {
  if (total === 0) return '';
  const ticketRows = byTicket?.slice(0, maxTicketRows);
  const lines = [
    colors.bold('By reason'),
    ...histogram(byReason, colors, describeReason),
    '',
    colors.bold('By source'),
    ...histogram(bySource, colors),
    '',
    colors.bold('By age'),
    ...histogram(byAge, colors),
    ...(ticketRows === undefined
      ? []
      : [
          '',
          colors.bold('By ticket'),
          ...histogram(ticketRows, colors),
          ...(tickets > ticketRows.length
            ? [`  ${tickets - ticketRows.length} more tickets; --json has all of them`]
            : []),
        ]),
  ];
  if (expiresAt !== undefined) {
    const isSoon = expiresAt - now < 2 * 24 * 3_600_000;
    const expiryText = `SQS deletes the oldest at ${formatTime(expiresAt)}.`;
    lines.push('', isSoon ? colors.red(expiryText) : expiryText);
  }
  return `${lines.join('\n')}\n`;
}

/** One line per dead letter, oldest first. */
export function printDeadLetters(deadLetters: readonly ListItem[], now: number): string {
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

/** A dead letter as JSON, except its receipt handle. Binary attributes are in base64. */
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
 * A dead letter in a list. Body and attributes are left out, because they need memory and may contain personal
 * data.
 */
export function toListItem(deadLetter: DeadLetter) {
  const { id, reason, detail, tries, firstSeen, sentAt, lastTried } = deadLetter;
  const { source, ticket, task, replay, event, group, message } = deadLetter;
  const times = { firstSeen, sentAt, lastTried };
  const isReadable = message !== undefined || event !== undefined;
  return {
    id,
    reason,
    detail,
    tries,
    ...times,
    source,
    ticket,
    task,
    replay,
    event,
    group,
    isReadable,
  };
}

type ListItem = ReturnType<typeof toListItem>;

function histogram(
  counts: DeadLetterSummary['byReason'],
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

function subjectOf({ ticket, task, event, isReadable }: ListItem): string {
  return ticket ?? task ?? event?.type ?? (isReadable ? '' : 'unreadable');
}

function attributeJson({ DataType, StringValue, BinaryValue }: MessageAttributeValue) {
  return {
    type: DataType,
    value: BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString('base64'),
  };
}
