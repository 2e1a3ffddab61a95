import type { Colors } from '../context.ts';

/** What the letters of a replay have come to, most frequent first. */
export const countReplayOutcomes = (
  outcomes: ReadonlyMap<string, string>,
  total: number,
): Record<string, number> => {
  const counts = [...Map.groupBy(outcomes.values(), (outcome) => outcome)]
    .map(([outcome, group]): [string, number] => [outcome, group.length])
    .sort(([, one], [, other]) => other - one);
  const pending = total - outcomes.size;
  return Object.fromEntries([...counts, ...(pending > 0 ? [['still open', pending]] : [])]);
};

/** The table of outcomes, for a person. */
export const printReplayOutcomes = (
  counts: Readonly<Record<string, number>>,
  { bold }: Colors,
): string => {
  const rows = Object.entries(counts);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const digits = Math.max(0, ...rows.map(([, count]) => String(count).length));
  return [
    bold('What they have come to'),
    ...rows.map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(digits)}`),
    '',
  ].join('\n');
};
