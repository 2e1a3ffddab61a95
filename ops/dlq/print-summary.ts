import type { Colors } from '../context.ts';
import { printable } from '../printable.ts';
import { timeText } from '../time-text.ts';
import { meaningOf } from './reasons.ts';
import type { Count, Summary } from './summary.ts';

const longestBar = 24;

const histogram = (
  counts: readonly Count[],
  { cyan, dim }: Colors,
  noteOf: (name: string) => string | undefined = () => undefined,
): string[] => {
  const names = counts.map(({ name }) => printable(name));
  const nameWidth = Math.max(0, ...names.map(({ length }) => length));
  const most = Math.max(1, ...counts.map(({ count }) => count));
  const countWidth = String(most).length;
  return counts.map(({ name, count }, index) => {
    const bar = '█'.repeat(Math.max(1, Math.round((count / most) * longestBar)));
    const note = noteOf(name);
    const line = `  ${(names[index] ?? '').padEnd(nameWidth)}  ${String(count).padStart(countWidth)}  ${cyan(bar)}`;
    return note === undefined ? line : `${line}\n  ${' '.repeat(nameWidth)}  ${dim(note)}`;
  });
};

/** What lies in the dead-letter queue, for a person. */
export const printSummary = (
  { total, byReason, bySource, byAge, keptUntil }: Summary,
  now: number,
  colors: Colors,
): string => {
  if (total === 0) return '';
  const lines = [
    colors.bold('By reason'),
    ...histogram(byReason, colors, meaningOf),
    '',
    colors.bold('By source'),
    ...histogram(bySource, colors),
    '',
    colors.bold('By age'),
    ...histogram(byAge, colors),
  ];
  if (keptUntil !== undefined) {
    const isSoon = keptUntil - now < 2 * 24 * 3_600_000;
    const told = `SQS deletes the oldest at ${timeText(keptUntil)}.`;
    lines.push('', isSoon ? colors.red(told) : told);
  }
  return `${lines.join('\n')}\n`;
};
