/** Exit codes of the command line; scripts may rely on them. */
export const exitCodes = {
  /** Done, or nothing to do. */
  done: 0,
  failed: 1,
  wrongCommandLine: 2,
  /** Dry run: there are changes to make. */
  wouldChange: 3,
  /** doctor found a failed check. */
  findings: 4,
  /** Ctrl-C stopped the command before it finished. */
  stopped: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An expected failure: printed as its message and the next step, without a stack trace. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly next: string;

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}
