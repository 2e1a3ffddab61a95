import { InvalidArgumentError } from 'commander';
import {
  type DeploymentOptions,
  findDeployment,
  addAwsOptions,
  addDeploymentOptions,
} from '../../deployment/deployment-options.ts';
import { type FilterOptions, parseDuration, addFilterOptions } from '../../dlq/filter-options.ts';
import type { ReplaySettings } from '../../dlq/replay-settings.ts';
import type { RegisterCommand } from '../../register.ts';

interface ReplayCommandOptions extends DeploymentOptions, FilterOptions, ReplaySettings {
  readonly yes?: true;
}

const positiveNumber =
  (message: string, isInteger: boolean) =>
  (text: string): number => {
    const value = Number(text);
    if (value > 0 && Number.isFinite(value) && (!isInteger || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(message);
  };

const replayExamples = `
Without --yes it only counts what it would send. Each letter is sent to the queue of changes, noted in
the audit file and then deleted, in this order: Ctrl-C, and even kill -9, loses none, and the next run
goes on. A message that is applied twice, or too late, changes nothing.

Examples:
  npm run ops -- dlq replay --stack prod                              what would be sent
  npm run ops -- dlq replay --stack prod --limit 10 --yes --wait      try ten, and see what becomes of them
  npm run ops -- dlq replay --stack prod --reason taskrouter-unavailable --yes`;

/** Loaded when it is wanted: what is behind it takes longer to load than a help text. */
const actionFor = async ({ yes }: ReplayCommandOptions) =>
  yes
    ? (await import('../../dlq/run-replay.ts')).runReplay
    : (await import('../../dlq/plan-replay.ts')).planReplay;

/** `dlq replay`: dead letters go to the queue of changes again. */
export const registerReplay: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('replay')
    .summary('send dead letters to the queue of changes again')
    .description(
      'Sends dead letters to the queue of changes again, to be applied as if for the first time.',
    );
  addFilterOptions(addAwsOptions(addDeploymentOptions(command)))
    .option('--yes', 'send them')
    .option(
      '--rate <number>',
      'how many a second at the most',
      positiveNumber('Write how many a second, e.g. 20 or 0.5.', false),
      20,
    )
    .option(
      '--limit <number>',
      'how many at the most, in no certain order',
      positiveNumber('Write how many, e.g. 10.', true),
    )
    .option(
      '--wait [span]',
      'then follow them until each has come to something, for 10 minutes or as long as given',
      parseDuration,
    )
    .option(
      '--audit <folder>',
      'where each message and what became of it is noted, and looked up by the next run; audit/ of the project where not given',
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', replayExamples)
    .action(async (options: ReplayCommandOptions) => {
      const deployment = await findDeployment(options, context);
      exitWith(await (await actionFor(options))(deployment, options, context));
    });
};
