import {
  type DeploymentOptions,
  findDeployment,
  addAwsOptions,
  addDeploymentOptions,
} from '../../deployment/deployment-options.ts';
import { parseIdPrefix } from '../../dlq/filter-options.ts';
import type { ShowSettings } from '../../dlq/run-show.ts';
import type { RegisterCommand } from '../../register.ts';

const showExamples = `
What would happen is found out by the sync's own code, with the Task as it is now and without the write.

Examples:
  npm run ops -- dlq show 1f3a --stack prod
  npm run --silent ops -- dlq show 1f3a --json | jq .ifReplayed`;

/** `dlq show <id>`: one dead letter, and what a replay would do. */
export const registerShow: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('show')
    .summary('show one dead letter, and what a replay of it would do')
    .description(
      'Shows one dead letter, decoded, and what would happen if it were replayed now. Reads the Task; writes nothing.',
    )
    .argument('<id>', 'its id, or how that begins: dlq list --each shows them', parseIdPrefix);
  addAwsOptions(addDeploymentOptions(command))
    .option('--json', 'print one JSON document')
    .addHelpText('after', showExamples)
    .action(async (id: string, options: DeploymentOptions & ShowSettings) => {
      const deployment = await findDeployment(options, context);
      const { runShow } = await import('../../dlq/run-show.ts');
      exitWith(await runShow(deployment, id, options, context));
    });
};
