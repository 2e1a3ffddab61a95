import type { Command } from 'commander';
import type pc from 'picocolors';
import type { ExitCode } from './failure.ts';
import type { AskOptions, ProgressDisplay, ProgressOptions } from './terminal.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** The terminal and the machine, as commands see them: nothing else reads or writes them. */
export interface Context {
  environment: Readonly<Record<string, string | undefined>>;
  /** Folder of the project: Pulumi and the local stack keep their files there. */
  root: string;
  /** Writes to stdout, unchanged. */
  out: (text: string) => void;
  /** Writes to stdout. On a terminal it replaces what is on the screen. */
  screen: (text: string) => void;
  /** Writes to stderr, unchanged. */
  err: (text: string) => void;
  /** For stdout. */
  colors: Colors;
  /** Starts a progress display on stderr. */
  progress: (options: ProgressOptions) => ProgressDisplay;
  /** Aborted by the first Ctrl-C from now on, so that a command can end cleanly. */
  stopSignal: () => AbortSignal;
  /** Whether there is a person at a terminal to ask. */
  canAsk: boolean;
  /** Asks the person at the terminal; undefined if there is no terminal, or after Ctrl-C. */
  ask: (question: string, options?: AskOptions) => Promise<string | undefined>;
}

/**
 * Adds one command to the program. Its action calls `exitWith` if the exit code is not 0, and throws a
 * `Failure` if the command fails.
 */
export type RegisterCommand = (
  program: Command,
  context: Context,
  exitWith: (code: ExitCode) => void,
) => void;
