import { execFile } from 'node:child_process';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';

const timeoutMs = 60_000;

/**
 * The outputs of a Pulumi stack, as JSON text. Secret ones are not shown by Pulumi.
 * @throws Failure that says what Pulumi said.
 */
export const pulumiOutputs = (
  stack: string,
  { environment, root }: Pick<Context, 'environment' | 'root'>,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = ['stack', 'output', '--json', '--non-interactive', '--stack', stack];
    const options = { cwd: root, env: environment, timeout: timeoutMs };
    execFile('pulumi', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') {
        reject(
          new Failure(
            'pulumi is not on the PATH: the stack tells where everything is.',
            'Install it (https://www.pulumi.com/docs/install), or use --local for what npm start runs.',
          ),
        );
      } else {
        const said = error.killed ? `no answer within ${timeoutMs / 1000} s` : stderr.trim();
        reject(
          new Failure(
            `pulumi does not tell the outputs of stack ${stack}: ${said}`,
            'pulumi stack ls lists the stacks; pulumi login tells where they are kept.',
          ),
        );
      }
    });
  });
