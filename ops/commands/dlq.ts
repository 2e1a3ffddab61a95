import { InvalidArgumentError } from 'commander';
import type { RegisterCommand } from '../context.ts';
import {
  addAwsOptions,
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import type { ListSettings } from '../dlq/list.ts';
import {
  addFilterOptions,
  type FilterOptions,
  parseDuration,
  parseIdPrefix,
  type ReplaySettings,
} from '../dlq/options.ts';
import type { PurgeSettings } from '../dlq/purge.ts';
import type { ShowSettings } from '../dlq/show.ts';

const listExamples = `
SQS shows messages only to those who receive them: they are hidden from other commands meanwhile, and
given back at the end. Nothing is taken out.

Examples:
  npm run ops -- dlq list --stack prod
  npm run ops -- dlq list --stack prod --reason attributes-full --each
  npm run --silent ops -- dlq list --stack prod --json | jq .byReason`;

/** `dlq list`: what lies in the dead-letter queue. */
const registerList: RegisterCommand = (program, context, exitWith) => {
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
      const { runList } = await import('../dlq/list.ts');
      exitWith(await runList(deployment, options, context));
    });
};

const showExamples = `
What would happen is found out by the sync's own code, with the Task as it is now and without the write.

Examples:
  npm run ops -- dlq show 1f3a --stack prod
  npm run --silent ops -- dlq show 1f3a --json | jq .ifReplayed`;

/** `dlq show <id>`: one dead letter, and what a replay would do. */
const registerShow: RegisterCommand = (program, context, exitWith) => {
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
      const { runShow } = await import('../dlq/show.ts');
      exitWith(await runShow(deployment, id, options, context));
    });
};

const replayExamples = `
Without --yes it only counts what it would send. Each letter is sent to the queue of changes, noted in
the audit file and then deleted, in this order: Ctrl-C, and even kill -9, loses none, and the next run
goes on. A message that is applied twice, or too late, changes nothing.

Examples:
  npm run ops -- dlq replay --stack prod                              what would be sent
  npm run ops -- dlq replay --stack prod --limit 10 --yes --wait      try ten, and see what becomes of them
  npm run ops -- dlq replay --stack prod --reason taskrouter-unavailable --yes`;

/** `dlq replay`: dead letters go to the queue of changes again. */
const registerReplay: RegisterCommand = (program, context, exitWith) => {
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

const purgeExamples = `
It shows what it would delete, and asks; where nobody can answer it deletes nothing, unless --yes is
given. Every message is in the file, whole, before it is deleted. Prefer a replay where one can help:
whatever is applied too late changes nothing.

Examples:
  npm run ops -- dlq purge --stack prod --reason invalid-message
  npm run ops -- dlq purge --stack prod --older-than 7d --file old-letters.jsonl --yes`;

/** `dlq purge`: dead letters are deleted. */
const registerPurge: RegisterCommand = (program, context, exitWith) => {
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
      const { runPurge } = await import('../dlq/purge.ts');
      exitWith(await runPurge(deployment, options, context));
    });
};

/** `dlq …`: what could not be applied, and how to apply it after all. */
export const registerDlq: RegisterCommand = (program, context, exitWith) => {
  const group = program
    .command('dlq')
    .summary('list, show, replay or purge dead letters')
    .description(
      'Dead letters are messages that could not be applied: the sync has given them up with a reason, or SQS took them away after crashes. docs/runbook.md tells what to do about each reason.',
    )
    .helpCommand(false);
  for (const register of [registerList, registerShow, registerReplay, registerPurge]) {
    register(group, context, exitWith);
  }
};

interface ReplayCommandOptions extends DeploymentOptions, FilterOptions, ReplaySettings {
  readonly yes?: true;
}

function positiveNumber(message: string, isInteger: boolean) {
  return (text: string): number => {
    const value = Number(text);
    if (value > 0 && Number.isFinite(value) && (!isInteger || Number.isInteger(value)))
      return value;
    throw new InvalidArgumentError(message);
  };
}

/** Loaded when it is wanted: what is behind it takes longer to load than a help text. */
async function actionFor({ yes }: ReplayCommandOptions) {
  return yes
    ? (await import('../dlq/replay-command.ts')).runReplay
    : (await import('../dlq/replay-command.ts')).planReplay;
}
