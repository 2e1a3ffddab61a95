import { stopOnSignal } from '../local/start/stop-on-signal.ts';
import { chaosOptions, help } from './chaos-options.ts';
import { run } from './run/run.ts';

/** `npm run chaos`. Exit code 1 where a promise is broken, 2 for a wrong command line. */
const mostProblems = 10;
const interrupted = 130;

const command = chaosOptions(process.argv.slice(2), Math.random());
if (command.kind === 'help') {
  process.stdout.write(help);
  process.exit(0);
}
if (command.kind === 'wrong') {
  process.stderr.write(`${command.problem}\nnpm run chaos -- --help tells what there is.\n`);
  process.exit(2);
}

const { events, seed, faults, without } = command;
const again = [
  `npm run chaos -- --events ${events} --seed ${seed} --faults ${faults}`,
  ...without.map((safeguard) => `--without ${safeguard}`),
].join(' ');
const stopping = new AbortController();
const ended = Promise.withResolvers<void>();
stopOnSignal(async () => {
  stopping.abort();
  await ended.promise;
  process.exit(interrupted);
});

process.stderr.write(`${again}\n`);
try {
  const { report, problems } = await run(command, stopping.signal, process.stderr);
  for (const problem of problems.slice(0, mostProblems)) process.stderr.write(`${problem}\n`);
  if (problems.length > mostProblems) {
    process.stderr.write(`and ${problems.length - mostProblems} more\n`);
  }
  if (problems.length > 0) {
    process.stderr.write(`Broken. Once more: ${again}\n`);
    process.exitCode = 1;
  }
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\nOnce more: ${again}\n`);
    process.exitCode = 1;
  }
} finally {
  ended.resolve();
}
