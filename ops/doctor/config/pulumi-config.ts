import { execFile } from 'node:child_process';
import * as z from 'zod';
import { jsonText } from '../../../shared/runtime/json-text.ts';
import type { Context } from '../../context.ts';
import { Failure } from '../../failure.ts';

const timeoutMs = 60_000;

/** What `pulumi config --json` tells of each key; an object or a list stands in `value` as JSON. */
const Values = jsonText(
  z.record(z.string(), z.object({ value: z.string(), secret: z.boolean().default(false) })),
);
export type PulumiConfig = z.output<typeof Values>;

const askPulumi = (
  stack: string,
  { environment, root }: Pick<Context, 'environment' | 'root'>,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const flags = ['--json', '--show-secrets', '--non-interactive', '--stack', stack];
    const options = { cwd: root, env: environment, timeout: timeoutMs };
    execFile('pulumi', ['config', ...flags], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') {
        reject(
          new Failure(
            'pulumi is not on the PATH: it tells the configuration of a stack.',
            'Install it: https://www.pulumi.com/docs/install',
          ),
        );
      } else {
        const said = error.killed ? `no answer within ${timeoutMs / 1000} s` : stderr.trim();
        reject(
          new Failure(
            `pulumi does not tell the configuration of stack ${stack}: ${said}`,
            'pulumi stack ls lists the stacks; to decrypt secrets it needs what pulumi up needs.',
          ),
        );
      }
    });
  });

/**
 * The configuration of a Pulumi stack by full key, e.g. `crm-media-sync:sources`, with secrets in plain
 * text: they stay in this process.
 * @throws Failure that says what Pulumi said
 */
export const pulumiConfig = async (
  stack: string,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<PulumiConfig> => {
  const values = Values.safeParse(await askPulumi(stack, context));
  if (values.success) return values.data;
  throw new Failure(
    `What pulumi config --json tells of stack ${stack} is not as expected.`,
    'Update pulumi; if that does not help, please report it.',
  );
};
