import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { printable } from '../printable.ts';
import { spanText } from '../time-text.ts';
import type { DeadLetter } from './dead-letter.ts';

const aboutOf = ({ ticket, task, message }: DeadLetter): string =>
  ticket ?? task ?? (message === undefined ? 'not readable' : '');

/** One line for each letter, oldest first. */
export const printLetters = (letters: readonly DeadLetter[], now: number): string => {
  const rows = letters
    .toSorted((one, other) => one.firstSeen - other.firstSeen)
    .map((letter) =>
      [
        letter.id,
        letter.reason,
        aboutOf(letter),
        letter.tries === undefined ? '' : `${letter.tries} ${letter.tries === 1 ? 'try' : 'tries'}`,
        `${spanText(now - letter.firstSeen)} old`,
        letter.detail ?? '',
      ].map(printable),
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
export const letterJson = ({
  receiptHandle: _,
  message: __,
  attributes,
  ...letter
}: DeadLetter) => ({
  ...letter,
  attributes: Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, attributeJson(value)]),
  ),
});

/**
 * A letter for a list: without its body and what others wrote beside it, as one that is none of our messages may
 * hold anything.
 */
export const listedJson = (letter: DeadLetter) => {
  const { body: _, attributes: __, ...listed } = letterJson(letter);
  return listed;
};
