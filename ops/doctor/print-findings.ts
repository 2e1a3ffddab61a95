import type { Colors } from '../context.ts';
import { printable } from '../printable.ts';
import type { Finding, State } from './finding.ts';
import type { Report } from './report.ts';

const signOf = (state: State, { green, yellow, red, cyan }: Colors): string =>
  ({ ok: green('✓'), warning: yellow('!'), bad: red('✗'), unknown: cyan('?') })[state];

const indented = (text: string, by: number): string =>
  text
    .split('\n')
    .map(printable)
    .join(`\n${' '.repeat(by)}`);

const lines = (finding: Finding, width: number, colors: Colors): string[] => {
  const { about, state } = finding;
  const found = indented(finding.finding, width + 6);
  const line = `  ${signOf(state, colors)} ${printable(about).padEnd(width)}  ${found}`;
  return 'next' in finding
    ? [line, `${' '.repeat(width + 6)}${colors.dim('->')} ${indented(finding.next, width + 9)}`]
    : [line];
};

/** What was found, in lines for people. */
export const printFindings = ({ about, findings, counts }: Report, colors: Colors): string => {
  const width = Math.max(...findings.map((finding) => printable(finding.about).length));
  const { ok, warning, bad, unknown } = counts;
  return [
    colors.bold(about),
    '',
    ...[...Map.groupBy(findings, ({ check }) => check)].flatMap(([check, found]) => [
      colors.bold(check),
      ...found.flatMap((finding) => lines(finding, width, colors)),
      '',
    ]),
    `${ok} ok, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${bad} bad, ${unknown} unknown`,
    '',
  ].join('\n');
};
