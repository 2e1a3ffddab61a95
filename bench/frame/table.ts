import type { BenchCase, Ratio } from './interleave.ts';

/** Rows of text. The first column is aligned to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map((row) => `  ${line(row)}\n`).join('');
}

export function ratioText(ratio: number): string {
  return ratio.toFixed(2);
}

/** Two cells: the ratio, and the range of half of the rounds. */
export function ratioCells({ median, low, high }: Ratio<BenchCase>): [string, string] {
  return [ratioText(median), `${ratioText(low)} to ${ratioText(high)}`];
}
