import {
  type DeploymentOptions,
  findDeployment,
  addAwsOptions,
  addDeploymentOptions,
} from '../../deployment/deployment-options.ts';
import { addFilterOptions } from '../../dlq/filter-options.ts';
import type { PurgeSettings } from '../../dlq/run-purge.ts';
import type { RegisterCommand } from '../../register.ts';

const purgeExamples = `
It shows what it would delete, and asks; where nobody can answer it deletes nothing, unless --yes is
given. Every message is in the file, whole, before it is deleted. Prefer a replay where one can help:
whatever is applied too late changes nothing.

Examples:
  npm run ops -- dlq purge --stack prod --reason invalid-message
  npm run ops -- dlq purge --stack prod --older-than 7d --file old-letters.jsonl --yes`;

/** `dlq purge`: dead letters are deleted. */
export const registerPurge: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('purge')
    .summary('delete dead letters, once they are written to a file')
    .description('Deletes dead letters for good. Writes them to a file first, and asks.');
  addFilterOptions(addAwsOptions(addDeploymentOptions(command)))
    .option('--yes', 'do not ask')
    .option('--file <file>', 'where they are written, as JSON lines; a new file')
    .option('--json', 'print one JSON document')
    .addHelpText('after', purgeExamples)
    .action(async (options: DeploymentOptions & PurgeSettings) => {
      const deployment = await findDeployment(options, context);
      const { runPurge } = await import('../../dlq/run-purge.ts');
      exitWith(await runPurge(deployment, options, context));
    });
};
