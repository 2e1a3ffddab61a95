import { Command, CommanderError } from 'commander';
import { registerConnect } from './commands/connect.ts';
import { registerDlq } from './commands/dlq.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExplain } from './commands/explain.ts';
import type { Context, RegisterCommand } from './context.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';

const commands: readonly RegisterCommand[] = [
  registerConnect,
  registerDlq,
  registerDoctor,
  registerExplain,
];

const exitCodesHelp = `
Exit codes:
  0  done, or nothing to do
  1  it did not work; stderr says why and what to do next
  2  the command line is wrong
  3  a dry run found that changes would be made
  4  doctor found something bad
  5  stopped by Ctrl-C before all was done

With --json, stdout is one JSON document (npm run --silent ops -- …), and empty where nothing
came of it.`;

/** Runs one command line, without the program's name, and gives its exit code. */
export async function runCommandLine(args: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = new Command('npm run ops --')
    .description("The operator's commands of crm-media-sync.")
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .showHelpAfterError('(--help tells what there is)')
    .addHelpText('afterAll', exitCodesHelp)
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
