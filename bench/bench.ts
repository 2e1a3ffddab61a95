import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundlesBench, coldStartBench } from './bundles.ts';
import { callsBench } from './calls.ts';
import { listBench, replayBench } from './dlq.ts';
import {
  type Bench,
  type Figures,
  hasSection,
  machine,
  markdown,
  type Part,
  printed,
  writeSection,
} from './frame/bench.ts';
import { drawChart } from './frame/chart.ts';
import { burstBench, kneeBench, lagBench } from './lag.ts';
import { isolationBench, recoveryBench } from './recovery.ts';
import { rewriteBench } from './rewrite.ts';
import { webhookBench } from './webhook.ts';

/** `npm run bench`. The exit code is 2 if the command line is wrong. */
const benches: readonly Bench[] = [
  callsBench,
  lagBench,
  burstBench,
  kneeBench,
  webhookBench,
  coldStartBench,
  bundlesBench,
  rewriteBench,
  replayBench,
  listBench,
  recoveryBench,
  isolationBench,
];

const minRounds = 3;

const maxRounds = 10_000;

const docs = join(import.meta.dirname, '../docs');

const page = join(docs, 'performance.md');

const images = 'images/bench';

const command = parseBenchArgs(process.argv.slice(2), benches);

if (command.kind === 'help') {
  process.stdout.write(benchHelp(benches));
} else if (command.kind === 'usage-error') {
  process.stderr.write(`${command.problem}\nRun npm run bench -- --help for usage.\n`);
  process.exitCode = 2;
} else {
  await runBenches(command);
}

/** The parsed command line. */
type BenchCommand =
  | { kind: 'run'; benches: readonly Bench[]; quick: boolean; writes: boolean; rounds?: number }
  | { kind: 'help' }
  | { kind: 'usage-error'; problem: string };

/** Parses the command line. @param all all benches */
function parseBenchArgs(args: readonly string[], all: readonly Bench[]): BenchCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        plots: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const unknown = positionals.find((name) => all.every((bench) => bench.name !== name));
    if (unknown !== undefined) {
      const names = all.map(({ name }) => name).join(', ');
      return { kind: 'usage-error', problem: `${unknown}: unknown bench. Benches: ${names}` };
    }
    const { quick } = values;
    const isAll = positionals.length === 0;
    const benches = all.filter(({ name }) => isAll || positionals.includes(name));
    const run = { kind: 'run', benches, quick, writes: values.plots || (isAll && !quick) } as const;
    if (values.rounds === undefined) return run;
    const rounds = Number(values.rounds);
    if (!/^\d+$/.test(values.rounds) || rounds < minRounds || rounds > maxRounds) {
      const problem = `--rounds: must be a whole number from ${minRounds} to ${maxRounds}`;
      return { kind: 'usage-error', problem };
    }
    return { ...run, rounds };
  } catch (error) {
    return { kind: 'usage-error', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Runs the benches. Prints their results and a line of JSON, and writes the page if the command line says so. */
async function runBenches(run: BenchCommand & { kind: 'run' }): Promise<void> {
  const start = performance.now();
  const minutes = () => `${((performance.now() - start) / 60_000).toFixed(1)} min`;
  const effort = {
    quick: run.quick,
    rounds: (full: number, quick: number) => run.rounds ?? (run.quick ? quick : full),
    progress: (what: string) => void process.stderr.write(`${minutes()}  ${what}\n`),
  };
  const about = `${machine()}${run.quick ? ', a quick run' : ''}`;
  process.stdout.write(`${about}\n`);
  let figures: Figures = { machine: about, quick: run.quick };
  for (const { name, description, run: measure } of run.benches) {
    process.stdout.write(`\n${name}: ${description}\n\n`);
    const parts: Part[] = [];
    for await (const part of measure(effort)) {
      parts.push(part);
      process.stdout.write(printed(part));
      if (part.kind === 'figures') figures = mergeFigures(figures, part.figures);
    }
    if (run.writes && hasSection(page, 'bench', name)) writePage(name, parts);
  }
  if (run.writes && run.benches.length === benches.length) {
    writeSection(page, 'bench', 'machine', `\n${about}.\n\n`);
  }
  process.stderr.write(`${minutes()}  done\n`);
  process.stdout.write(`\n${JSON.stringify(figures)}\n`);
  const missing = run.benches
    .flatMap((bench) => bench.figures)
    .filter((path) => !Number.isFinite(valueAt(figures, path)));
  if (missing.length === 0) return;
  process.stderr.write(
    `Not measured: ${missing.join(', ')}. Run the bench again on an idle machine.\n`,
  );
  process.exitCode = 1;
}

/** The value at a path, e.g. `lag.20.p50Ratio`. */
function valueAt(figures: Figures, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => Object(value)[key], figures);
}

/** Merges the figures of two benches. For the shares that were kept, the lower value counts. */
function mergeFigures(one: Figures, other: Figures): Figures {
  const [before, now] = [one['kept'], other['kept']] as (Record<string, number> | undefined)[];
  if (before === undefined || now === undefined) return { ...one, ...other };
  const least = Object.entries(now).map(([share, value]) => [
    share,
    Math.min(value, before[share] ?? value),
  ]);
  return { ...one, ...other, kept: Object.fromEntries(least) };
}

/** Writes the charts of a bench, and the section of the page between the bench's marks. */
function writePage(name: string, parts: readonly Part[]): void {
  mkdirSync(join(docs, images), { recursive: true });
  for (const part of parts) {
    if (part.kind === 'chart')
      writeFileSync(join(docs, images, part.chart.file), drawChart(part.chart));
  }
  const content = parts.map((part) => markdown(part, images)).join('');
  writeSection(page, 'bench', name, `\n${content}`);
}

function helpOf({ name, description, figures }: Bench, width: number): string {
  const indent = ' '.repeat(width + 4);
  const lines = figures.length === 0 ? [] : [`${indent}figures: ${figures.join(', ')}`];
  return [`  ${name.padEnd(width)}  ${description}`, ...lines].join('\n');
}

function benchHelp(all: readonly Bench[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  return `Usage: npm run bench [-- [<name> …] [--quick] [--rounds <n>] [--plots]]

Compares the project with programs that a good engineer would write in an afternoon (bench/baselines). All run on this
machine, with the same TaskRouter emulator, SQS, event source mapping and changes.
Compare ratios. Do not compare times of two machines or of two runs.

Benches (default: all):
${all.map((bench) => helpOf(bench, width)).join('\n')}

  --quick       shorter runs with the same figures, all in less than eight minutes on two idle cores
  --rounds <n>  how often each case is measured, ${minRounds} or more. More rounds give less noise
  --plots       write the plots to docs/images/bench/, and the tables of the benches that ran to docs/performance.md
  -h, --help    print this

A full run of all benches (no name, no --quick) writes the plots and docs/performance.md too. No other run changes a
file, unless --plots is given.

Tables go to stdout, progress goes to stderr. The last line of stdout is one JSON object with every figure
of the benches that ran. Exit code 1: a figure above could not be measured. The ratios of lag and burst are relative to
the best baseline that kept every link, recording and other attribute.

A round measures each case once. Every other round runs backwards. A ratio compares two cases of one round, and the
result is the median of all rounds. A difference is noise if it is smaller than the difference of a case to itself.
All programs share the machine: lag prints how much CPU the rig used, and how busy the machine was.

Examples:
  npm run bench -- --quick
  npm run bench -- lag burst
  npm run bench -- cold-start --rounds 50
  npm run --silent bench -- --quick 2>/dev/null | tail -1 | jq .lag

To add a bench, add a file in bench/ and a line in bench/bench.ts. No test asserts how fast the project is. A document or comment
that claims a speed names the bench that shows it.
`;
}
