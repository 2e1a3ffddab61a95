import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { print } from './demo/report.ts';
import type { DemoOptions } from './demo/run.ts';
import { stopOnSignal } from './lifecycle.ts';

const interruptedExitCode = 130;

/** `npm run demo`. The exit code is 1 if a check fails, 2 if the command line is wrong. */
async function main(): Promise<void> {
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
}

function exitWithUsageError(problem: string): never {
  process.stderr.write(`${problem}\nRun npm run demo -- --help for usage.\n`);
  process.exit(2);
}

type DemoCommand = DemoOptions | { kind: 'help' } | { kind: 'usage-error'; problem: string };

/** Parses the command line. */
export function parseDemoOptions(args: readonly string[]): DemoCommand {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        source: { type: 'string' },
        all: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.all && values.source !== undefined) {
      return { kind: 'usage-error', problem: 'Use --all or --source, not both' };
    }
    if (values.source !== undefined) return { kind: 'source', name: values.source };
    return values.all ? { kind: 'all' } : { kind: 'transfer' };
  } catch (error) {
    return { kind: 'usage-error', problem: error instanceof Error ? error.message : String(error) };
  }
}

const demoHelp = `Usage: npm run demo [-- --source <name> | --all]

Runs a scenario on the local stack and checks each step. The stack has signed webhooks, the Lambda functions as
deployed, an SQS server and an emulator of Twilio's TaskRouter. At the end it prints one line of JSON.
Exit code 1 if a check fails.

  (nothing)        a call with a transfer, a chat, a plugin that writes at the same time, a busy TaskRouter
  --source <name>  the payloads of one CRM, signed as that CRM signs: a change, the same change again,
                   an older change that arrives late, a removal. npm start -- --json lists the names
  --all            the same for every CRM
  --help           print this
`;

if (import.meta.main) await main();
