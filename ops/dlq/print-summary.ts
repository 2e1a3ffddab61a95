import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../printable.ts';
import { formatTime } from '../time-text.ts';
import { describeReason } from './reasons.ts';
import type { NamedCount, DeadLetterSummary } from './summary.ts';

const maxBarWidth = 24;

const histogram = (
  counts: readonly NamedCount[],
  { cyan, dim }: Colors,
  noteOf: (name: string) => string | undefined = () => undefined,
): string[] => {
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
};

/** What lies in the dead-letter queue, for a person. */
export const printSummary = (
  { total, byReason, bySource, byAge, expiresAt }: DeadLetterSummary,
  now: number,
  colors: Colors,
): string => {
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
};
