import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../text.ts';
import type { CheckState, DoctorFinding, DoctorReport } from './check.ts';

/** The findings as text. */
export function printFindings({ about, findings, counts }: DoctorReport, colors: Colors): string {
  const width = Math.max(...findings.map((finding) => escapeUnprintable(finding.about).length));
  const { ok, warning, failed, unknown } = counts;
  return [
    colors.bold(about),
    '',
    ...[...Map.groupBy(findings, ({ check }) => check)].flatMap(([check, found]) => [
      colors.bold(check),
      ...found.flatMap((finding) => findingLines(finding, width, colors)),
      '',
    ]),
    `${ok} ok, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${failed} failed, ${unknown} unknown`,
    '',
  ].join('\n');
}

function stateSymbol(state: CheckState, { green, yellow, red, cyan }: Colors): string {
  return { ok: green('✓'), warning: yellow('!'), failed: red('✗'), unknown: cyan('?') }[state];
}

function indent(text: string, width: number): string {
  return text
    .split('\n')
    .map(escapeUnprintable)
    .join(`\n${' '.repeat(width)}`);
}

function findingLines(finding: DoctorFinding, width: number, colors: Colors): string[] {
  const { about, state } = finding;
  const found = indent(finding.finding, width + 6);
  const line = `  ${stateSymbol(state, colors)} ${escapeUnprintable(about).padEnd(width)}  ${found}`;
  return 'next' in finding
    ? [line, `${' '.repeat(width + 6)}${colors.dim('->')} ${indent(finding.next, width + 9)}`]
    : [line];
}
