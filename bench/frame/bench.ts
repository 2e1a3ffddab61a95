import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Chart } from './chart.ts';

/** A bench. It is a file in `bench/` with the name of the bench, and a line in `bench/bench.ts`. */
export interface Bench {
  name: string;
  /** What the bench compares, in one line. */
  description: string;
  /** The figures that every run of the bench must give, e.g. `lag.20.p50Ratio`. */
  figures: readonly string[];
  /**
   * Measures the cases.
   * @returns the results to print, in parts
   */
  run: (effort: Effort) => Iterable<Part> | AsyncIterable<Part>;
}

/** How long and how often a bench measures. */
export interface Effort {
  quick: boolean;
  /** How often each case is measured: as `--rounds` says, or one of these two numbers. */
  rounds: (full: number, quick: number) => number;
  /** Prints on stderr what the bench measures now. */
  progress: (what: string) => void;
}

/** A part of a bench's result. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'table'; rows: Rows; isPrintedOnly?: boolean }
  | { kind: 'chart'; chart: Chart }
  /** Goes into the line of JSON. */
  | { kind: 'figures'; figures: Figures };

/** Rows of a table. The first row is the heading. */
type Rows = readonly (readonly string[])[];

export type Figures = Readonly<Record<string, unknown>>;

/** A paragraph of the result. It is printed and written to the page. */
export function text(content: string): Part {
  return { kind: 'text', text: content };
}

/** A table of the result. It is printed and written to the page. */
export function tableOf(rows: Rows): Part {
  return { kind: 'table', rows };
}

/** A table that is printed, but not written to the page. */
export function printedTableOf(rows: Rows): Part {
  return { kind: 'table', rows, isPrintedOnly: true };
}

/** Figures for the line of JSON at the end. */
export function figuresOf(figures: Figures): Part {
  return { kind: 'figures', figures };
}

const gigabyte = 1e9;

/** The machine, and the version of Node on it, in one line. */
export function machine(): string {
  const processors = cpus();
  const [load = 0] = loadavg();
  return [
    `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `${processors.length} × ${processors[0]?.model.trim() || 'unknown processor'}`,
    `${Math.round(totalmem() / gigabyte)} GB`,
    `load ${load.toFixed(1)} before`,
  ].join(', ');
}

/** A part as text for the terminal. */
export function printed(part: Part): string {
  if (part.kind === 'text') return `${part.text}\n`;
  return part.kind === 'table' ? `\n${table(part.rows)}\n` : '';
}

/**
 * A part as Markdown for the page.
 * @param images the folder of the charts, relative to the page
 */
export function markdown(part: Part, images: string): string {
  if (part.kind === 'text') return `${part.text}\n\n`;
  if (part.kind === 'chart') {
    const { file, title } = part.chart;
    return `![${title}](${images}/${file})\n\n`;
  }
  if (part.kind === 'figures' || part.isPrintedOnly) return '';
  const [head = [], ...rest] = part.rows;
  const line = (cells: readonly string[]) => `|${cells.join('|')}|\n`;
  const rule = line(head.map((_, column) => (column === 0 ? '---' : '---:')));
  return `${line(head)}${rule}${rest.map(line).join('')}\n`;
}

/** Whether a page has the marks of a section. */
export function hasSection(file: string, tool: string, name: string): boolean {
  return readFileSync(file, 'utf8').includes(`<!-- ${tool} ${name} -->\n`);
}

/**
 * Writes text between the marks `<!-- <tool> <name> -->` and `<!-- end of <name> -->` of a page.
 * @throws Error if the page does not have them
 */
export function writeSection(file: string, tool: string, name: string, content: string): void {
  const page = readFileSync(file, 'utf8');
  const [from, to] = [`<!-- ${tool} ${name} -->\n`, `<!-- end of ${name} -->`];
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start === -1 || end < start) throw new Error(`${file} must have the marks ${from}and ${to}`);
  writeFileSync(file, page.slice(0, start + from.length) + content + page.slice(end));
}

/** A text table. The first column is aligned to the left, all others to the right. */
function table(rows: Rows): string {
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

/** One of the cases that a bench compares. */
export interface BenchCase {
  name: string;
  /**
   * Runs the case once.
   * @returns its cost, usually in milliseconds
   */
  measure: () => number;
}

/** The cost of a case, relative to the first case. */
interface Ratio<Of extends BenchCase> {
  of: Of;
  /** The median of the cost. */
  cost: number;
  median: number;
  /** The limits of the middle half: a quarter of the rounds is below `low`, a quarter above `high`. */
  low: number;
  high: number;
}

interface Comparison<Of extends BenchCase> {
  /** The median cost of the first case on this machine. Its ratio is 1.00. */
  baseline: number;
  ratios: readonly Ratio<Of>[];
}

/**
 * Measures the cases in rounds, and compares them within each round. So if the machine becomes slow, it is slow for
 * all cases. Every other round runs backwards, so that no case always follows the same one. The first round warms
 * up and does not count.
 *
 * @param cases the cases. All are compared with the first one
 * @param rounds how often each case is measured
 */
export function interleave<Of extends BenchCase>(
  cases: readonly Of[],
  rounds: number,
): Comparison<Of> {
  const costs = cases.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    const turns = cases.map((of, index) => ({ of, index }));
    for (const { of, index } of inTurn(turns, round)) {
      const cost = of.measure();
      if (round >= 0) costs[index]?.push(cost);
    }
  }
  const [first = []] = costs;
  return {
    baseline: quantile(first, 0.5),
    ratios: cases.map((of, index) => {
      const own = costs[index] ?? [];
      const ratios = own.map((cost, round) => cost / (first[round] ?? Number.NaN));
      const at = (share: number) => quantile(ratios, share);
      return { of, cost: quantile(own, 0.5), median: at(0.5), low: at(0.25), high: at(0.75) };
    }),
  };
}

/**
 * The value below which this share of the values lies. An infinite value stands for one that was never measured.
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(at), Math.floor(at) + 2);
  return Number.isFinite(above) ? below + (above - below) * (at % 1) : at % 1 > 0 ? above : below;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The slope of the least-squares line through some points, and its standard error. */
export function leastSquares(points: readonly (readonly [x: number, y: number])[]) {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (count - 2) / spread) };
}

/** The cases in the order of a round. Every other round runs backwards. */
export function inTurn<Case>(cases: readonly Case[], round: number): readonly Case[] {
  return round % 2 === 0 ? cases : cases.toReversed();
}
