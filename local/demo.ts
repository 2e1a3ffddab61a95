import pc from 'picocolors';
import { demoHelp, parseDemoOptions } from './demo/options.ts';
import { print } from './demo/print.ts';
import { stopOnSignal } from './lifecycle.ts';

/** `npm run demo`. Exit code 1 if a check fails, 2 for a wrong command line. */
const interruptedExitCode = 130;

const options = parseDemoOptions(process.argv.slice(2));

if (options.kind === 'help') {
  process.stdout.write(demoHelp);
  process.exit(0);
}

if (options.kind === 'usage-error') exitWithUsageError(options.problem);

stopOnSignal(async () => process.exit(interruptedExitCode));

const { runDemo, UnknownSource } = await import('./demo/run.ts');

try {
  const result = await runDemo(options);
  print(`\n${JSON.stringify(result)}`);
  if (result.demo !== 'ok') process.exitCode = 1;
} catch (error) {
  if (error instanceof UnknownSource) exitWithUsageError(error.message);
  print(pc.red(`\nCheck failed: ${error instanceof Error ? error.message : error}`));
  process.exitCode = 1;
}

function exitWithUsageError(problem: string): never {
  process.stderr.write(`${problem}\nRun npm run demo -- --help for usage.\n`);
  process.exit(2);
}
