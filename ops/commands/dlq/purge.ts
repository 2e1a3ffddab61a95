import {
  type DeploymentOptions,
  findDeployment,
  withAwsOptions,
  withDeploymentOptions,
} from '../../deployment/deployment-options.ts';
import { withFilterOptions } from '../../dlq/filter-options.ts';
import type { PurgeSettings } from '../../dlq/run-purge.ts';
import type { Register } from '../../register.ts';

const examples = `
It shows what it would delete, and asks; where nobody can answer it deletes nothing, unless --yes is
given. Every message is in the file, whole, before it is deleted. Prefer a replay where one can help:
whatever is applied too late changes nothing.

Examples:
  npm run ops -- dlq purge --stack prod --reason invalid-message
  npm run ops -- dlq purge --stack prod --older-than 7d --file old-letters.jsonl --yes`;

/** `dlq purge`: dead letters are deleted. */
export const registerPurge: Register = (program, context, end) => {
  const command = program
    .command('purge')
    .summary('delete dead letters, once they are written to a file')
    .description('Deletes dead letters for good. Writes them to a file first, and asks.');
  withFilterOptions(withAwsOptions(withDeploymentOptions(command)))
    .option('--yes', 'do not ask')
    .option('--file <file>', 'where they are written, as JSON lines; a new file')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action(async (options: DeploymentOptions & PurgeSettings) => {
      const deployment = await findDeployment(options, context);
      const { runPurge } = await import('../../dlq/run-purge.ts');
      end(await runPurge(deployment, options, context));
    });
};
