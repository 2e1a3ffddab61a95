import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { ExitCode } from './failure.ts';

/**
 * Adds one command to the program. Its action calls `end` with the exit code where that is not 0, and
 * throws a `Failure` where it did not work.
 */
export type RegisterCommand = (program: Command, context: Context, end: (code: ExitCode) => void) => void;
