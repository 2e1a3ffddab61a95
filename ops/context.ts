import type { Command } from 'commander';
import type pc from 'picocolors';
import type { ExitCode } from './failure.ts';
import type { ProgressDisplay, ProgressOptions } from './terminal.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** What a command has to do with: the only edge to the terminal and the machine. */
export interface Context {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder of the project: where Pulumi and the embedded world keep their files. */
  readonly root: string;
  /** Writes to stdout, as it is. */
  readonly out: (text: string) => void;
  /** Writes to stderr, as it is. */
  readonly err: (text: string) => void;
  /** For stdout. */
  readonly colors: Colors;
  /** Begins to tell, on stderr, how far something has got. */
  readonly progress: (options: ProgressOptions) => ProgressDisplay;
  /** Aborted by the first Ctrl-C from now on, so that a command can end cleanly. */
  readonly stopSignal: () => AbortSignal;
  /** Asks the person at the terminal; undefined where there is none. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

/**
 * Adds one command to the program. Its action calls `end` with the exit code where that is not 0, and
 * throws a `Failure` where it did not work.
 */
export type RegisterCommand = (
  program: Command,
  context: Context,
  end: (code: ExitCode) => void,
) => void;
