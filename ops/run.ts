import { Command, CommanderError } from 'commander';
import { registerConnect } from './commands/connect.ts';
import { registerConsole } from './commands/console.ts';
import { registerDlq } from './commands/dlq.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerDrill } from './commands/drill.ts';
import { registerExplain } from './commands/explain.ts';
import { registerInit } from './commands/init.ts';
import { registerPlugin } from './commands/plugin.ts';
import { registerStatus } from './commands/status.ts';
import { registerSync } from './commands/sync.ts';
import { registerWhy } from './commands/why.ts';
import type { Context, RegisterCommand } from './context.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';

const commands: readonly RegisterCommand[] = [
  registerConnect,
  registerConsole,
  registerDlq,
  registerDoctor,
  registerDrill,
  registerExplain,
  registerInit,
  registerPlugin,
  registerStatus,
  registerSync,
  registerWhy,
];

const exitCodesHelp = `
Exit codes:
  0  done, or nothing to do
  1  the command failed; stderr says why and what to do next
  2  the command line is wrong
  3  dry run: there are changes to make
  4  doctor found a failed check
  5  Ctrl-C stopped the command before it finished
  6  dlq replay: a message failed again

With --json, stdout is one JSON document (npm run --silent ops -- …). It is empty if the command fails.`;

/**
 * Runs one command line.
 * @param args without the name of the program
 */
export async function runCommandLine(args: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = new Command('npm run ops --')
    .description("The operator's commands of crm-media-sync.")
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(run with --help to see the usage)')
    .addHelpText('after', exitCodesHelp)
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .exitOverride();
  for (const register of commands) {
    register(program, context, (exitCode) => {
      code = exitCode;
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongCommandLine;
    }
    if (!(error instanceof Failure)) throw error;
    context.err(`${error.message}\n${error.next}\n`);
    return exitCodes.failed;
  }
}
