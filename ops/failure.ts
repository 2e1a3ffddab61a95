/** Exit codes of the command line; a script may rely on them. */
export const exitCodes = {
  /** Done, or there was nothing to do. */
  done: 0,
  failed: 1,
  wrongCommandLine: 2,
  /** A dry run found that something would be changed. */
  wouldChange: 3,
  /** What was checked is not as it has to be. */
  findings: 4,
  /** Ended by Ctrl-C before all was done. */
  stopped: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** It did not work, for a reason that is told with what to do next; shown without a stack trace. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}
