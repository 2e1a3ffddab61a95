import {
  type DeploymentOptions,
  findDeployment,
  addAwsOptions,
  addDeploymentOptions,
} from '../../deployment/deployment-options.ts';
import { addFilterOptions } from '../../dlq/filter-options.ts';
import type { ListSettings } from '../../dlq/run-list.ts';
import type { RegisterCommand } from '../../register.ts';

const listExamples = `
SQS shows messages only to those who receive them: they are hidden from other commands meanwhile, and
given back at the end. Nothing is taken out.

Examples:
  npm run ops -- dlq list --stack prod
  npm run ops -- dlq list --stack prod --reason attributes-full --each
  npm run --silent ops -- dlq list --stack prod --json | jq .byReason`;

/** `dlq list`: what lies in the dead-letter queue. */
export const registerList: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('list')
    .summary('count the dead letters by reason, source and age')
    .description(
      'Counts the dead letters by reason, source and age. Takes nothing out of the queue.',
    );
  addFilterOptions(addAwsOptions(addDeploymentOptions(command)))
    .option('--each', 'one line for each of them too, with its id')
    .option('--json', 'print one JSON document')
    .addHelpText('after', listExamples)
    .action(async (options: DeploymentOptions & ListSettings) => {
      const deployment = await findDeployment(options, context);
      const { runList } = await import('../../dlq/run-list.ts');
      exitWith(await runList(deployment, options, context));
    });
};
