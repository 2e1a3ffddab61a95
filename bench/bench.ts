import { parseArgs } from 'node:util';
import { bundlesBench } from './bundles.ts';
import { listBench, replayBench } from './dlq.ts';
import { type Bench, machine } from './frame/bench.ts';
import { isolationBench } from './isolation.ts';
import { recoveryBench } from './recovery.ts';
import { rewriteBench } from './rewrite.ts';

/** `npm run bench`. Exit code 2 for a wrong command line. */
const benches: readonly Bench[] = [
  bundlesBench,
  rewriteBench,
  replayBench,
  listBench,
  recoveryBench,
  isolationBench,
];

const minRounds = 3;

const maxRounds = 10_000;

const command = parseBenchArgs(process.argv.slice(2), benches);

if (command.kind === 'help') {
  process.stdout.write(benchHelp(benches));
} else if (command.kind === 'usage-error') {
  process.stderr.write(`${command.problem}\nRun npm run bench -- --help for the usage.\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`${machine()}\n`);
  for (const { name, description, defaultRounds, run } of command.benches) {
    const rounds = command.rounds ?? defaultRounds;
    process.stdout.write(`\n${name}: ${description}, ${rounds} rounds\n\n`);
    for await (const part of run(rounds)) process.stdout.write(part);
  }
}

/** The parsed command line. */
type BenchCommand =
  | { kind: 'run'; benches: readonly Bench[]; rounds?: number }
  | { kind: 'help' }
  | { kind: 'usage-error'; problem: string };

/** Parses the command line. @param all all benches */
function parseBenchArgs(args: readonly string[], all: readonly Bench[]): BenchCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { rounds: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return { kind: 'help' };
    const unknown = positionals.find((name) => all.every((bench) => bench.name !== name));
    if (unknown !== undefined) {
      const names = all.map(({ name }) => name).join(', ');
      return { kind: 'usage-error', problem: `${unknown}: unknown bench. Benches: ${names}` };
    }
    const benches = all.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    if (values.rounds === undefined) return { kind: 'run', benches };
    const rounds = Number(values.rounds);
    if (!/^\d+$/.test(values.rounds) || rounds < minRounds || rounds > maxRounds) {
      const problem = `--rounds: must be a whole number from ${minRounds} to ${maxRounds}`;
      return { kind: 'usage-error', problem };
    }
    return { kind: 'run', benches, rounds };
  } catch (error) {
    return { kind: 'usage-error', problem: error instanceof Error ? error.message : String(error) };
  }
}

function benchHelp(all: readonly Bench[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  return `Usage: npm run bench [-- [<name> …] [--rounds <n>]]

Compares cases side by side in one run, and prints the cost of each as a ratio to the first one. Compare ratios,
not times of two machines or of two runs.

Benches (default: all):
${all.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join('\n')}

  --rounds <n>  how often each case is measured; more rounds give less noise
  -h, --help    print this

The cases are measured in rounds, forwards and backwards, and each is compared with the first one of its own
round. A ratio is the median of all rounds; half of the rounds lie between the two figures behind it. If 1.00
lies between them, the difference may be noise. It may also be noise if a row that compares a case with itself
is as far from 1.00.

replay and list run the commands as processes of their own and print what each takes: they take minutes.

Examples:
  npm run bench
  npm run bench -- bundles --rounds 50

To add a bench, add a file in bench/ and a line in bench/bench.ts. No test asserts a time. A document or comment
that claims a speed names the bench that shows it.
`;
}
