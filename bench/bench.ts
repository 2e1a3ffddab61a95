import { bundlesBench } from './bundles.ts';
import { listBench, replayBench } from './dlq.ts';
import type { Bench } from './frame/bench.ts';
import { machine } from './frame/bench.ts';
import { benchHelp, parseBenchArgs } from './frame/bench-options.ts';
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
