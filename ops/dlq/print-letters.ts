import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { escapeUnprintable } from '../printable.ts';
import { formatDuration } from '../time-text.ts';
import type { DeadLetter } from './dead-letter.ts';

const subjectOf = ({ ticket, task, message }: DeadLetter): string =>
  ticket ?? task ?? (message === undefined ? 'not readable' : '');

/** One line for each letter, oldest first. */
export const printDeadLetters = (deadLetters: readonly DeadLetter[], now: number): string => {
  const rows = deadLetters
    .toSorted((one, other) => one.firstSeen - other.firstSeen)
    .map((deadLetter) =>
      [
        deadLetter.id,
        deadLetter.reason,
        subjectOf(deadLetter),
        deadLetter.tries === undefined ? '' : `${deadLetter.tries} ${deadLetter.tries === 1 ? 'try' : 'tries'}`,
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
};

const attributeJson = ({ DataType, StringValue, BinaryValue }: MessageAttributeValue) => ({
  type: DataType,
  value: BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString('base64'),
});

/**
 * A letter whole, for scripts and to be put back by hand; without its handle, which is of no use to anybody
 * else. What is binary is in base64.
 */
export const deadLetterJson = ({
  receiptHandle: _,
  message: __,
  attributes,
  ...deadLetter
}: DeadLetter) => ({
  ...deadLetter,
  attributes: Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, attributeJson(value)]),
  ),
});

/**
 * A letter for a list: without its body and what others wrote beside it, as one that is none of our messages may
 * hold anything.
 */
export const listItemJson = (deadLetter: DeadLetter) => {
  const { body: _, attributes: __, ...listed } = deadLetterJson(deadLetter);
  return listed;
};
