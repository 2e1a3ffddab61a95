import { bundlesBench } from './bundles.ts';
import type { Bench } from './frame/bench.ts';
import { benchHelp, benchOptions } from './frame/bench-options.ts';
import { machine } from './frame/machine.ts';
import { rewriteBench } from './rewrite.ts';

/** `npm run bench`. Exit code 2 for a wrong command line. */
const all: readonly Bench[] = [bundlesBench, rewriteBench];

const command = benchOptions(process.argv.slice(2), all);
if (command.kind === 'help') {
  process.stdout.write(benchHelp(all));
} else if (command.kind === 'wrong') {
  process.stderr.write(`${command.problem}\nnpm run bench -- --help tells what there is.\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`${machine()}\n`);
  for (const { name, about, usualRounds, run } of command.benches) {
    const rounds = command.rounds ?? usualRounds;
    process.stdout.write(`\n${name}: ${about}, ${rounds} rounds\n\n`);
    for (const part of run(rounds)) process.stdout.write(part);
  }
}
