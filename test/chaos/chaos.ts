import { stopOnSignal } from '../../local/lifecycle.ts';
import { chaosHelp, parseChaosOptions } from './options.ts';
import { runChaos } from './run/run.ts';
import { runRounds } from './run/run-rounds.ts';

/** `npm run chaos`. Exit code 1 if an invariant is violated, 2 for a wrong command line. */
const maxPrintedProblems = 10;

const interruptedExitCode = 130;

const command = parseChaosOptions(process.argv.slice(2), Math.random());

if (command.kind === 'help') {
  process.stdout.write(chaosHelp);
  process.exit(0);
}

if (command.kind === 'usage-error') {
  process.stderr.write(`${command.problem}\nRun npm run chaos -- --help for usage.\n`);
  process.exit(2);
}

const { events, seed, faults, kills, without } = command;

const rerunCommand = [
  `npm run chaos -- --events ${events} --seed ${seed} --faults ${faults}`,
  ...(kills === undefined ? [] : [`--kills ${kills}`]),
  ...without.map((safeguard) => `--without ${safeguard}`),
].join(' ');

const stopping = new AbortController();

const ended = Promise.withResolvers<void>();

stopOnSignal(async () => {
  stopping.abort();
  await ended.promise;
  process.exit(interruptedExitCode);
});

process.stderr.write(`${rerunCommand}\n`);

try {
  const { signal } = stopping;
  const { report, problems } = await (kills === undefined
    ? runChaos(command, signal, process.stderr)
    : runRounds({ ...command, kills }, signal, process.stderr));
  for (const problem of problems.slice(0, maxPrintedProblems)) process.stderr.write(`${problem}\n`);
  if (problems.length > maxPrintedProblems) {
    process.stderr.write(`and ${problems.length - maxPrintedProblems} more\n`);
  }
  if (problems.length > 0) {
    process.stderr.write(`An invariant is violated. Reproduce: ${rerunCommand}\n`);
    process.exitCode = 1;
  }
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(
      `${error instanceof Error ? error.stack : error}\nReproduce: ${rerunCommand}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  ended.resolve();
}
