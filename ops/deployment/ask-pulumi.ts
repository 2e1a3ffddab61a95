import { execFile } from 'node:child_process';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';

const timeoutMs = 60_000;

/** What is asked of Pulumi about a stack. */
export interface PulumiCommand {
  /** Such as `stack output --json`. */
  readonly command: readonly string[];
  readonly stack: string;
  /** What it tells, e.g. `the outputs`. */
  readonly subject: string;
  /** What to do where it does not. */
  readonly next: string;
}

/**
 * What the Pulumi CLI prints.
 * @throws Failure that says what Pulumi said
 */
export const runPulumi = (
  { command, stack, subject, next }: PulumiCommand,
  { environment, root }: Pick<Context, 'environment' | 'root'>,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = [...command, '--non-interactive', '--stack', stack];
    const options = { cwd: root, env: environment, timeout: timeoutMs };
    execFile('pulumi', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') {
        reject(
          new Failure(
            `pulumi is not on the PATH: it tells ${subject} of a stack.`,
            'Install it: https://www.pulumi.com/docs/install',
          ),
        );
      } else {
        const reason = error.killed ? `no answer within ${timeoutMs / 1000} s` : stderr.trim();
        reject(new Failure(`pulumi does not tell ${subject} of stack ${stack}: ${reason}`, next));
      }
    });
  });
