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
  withTicketKeys,
} from '../dlq/options.ts';
import type { PurgeSettings } from '../dlq/purge.ts';
import type { ShowSettings } from '../dlq/show.ts';

// The actions are imported lazily: the AWS SDK takes longer to load than a help text takes to print.

const listExamples = `Examples:
  npm run ops -- dlq list --stack prod
  npm run ops -- dlq list --stack prod --reason attributes-full --each
  npm run --silent ops -- dlq list --stack prod --json | jq .byReason

SQS shows a message only to its receiver. During this command the messages are in flight: other
commands do not see them. Nothing is deleted.
`;

/** `dlq list`: counts the messages in the dead-letter queue. */
const registerList: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('list')
    .summary('count the dead letters by reason, source and age')
    .description('Counts the dead letters by reason, source and age. Deletes nothing.');
  addFilterOptions(addAwsOptions(addDeploymentOptions(command)))
    .option('--each', 'also print one line per dead letter, with its id')
    .option('--json', 'print one JSON document')
    .addHelpText('before', listExamples)
    .action(async (options: DeploymentOptions & ListSettings) => {
      const deployment = await findDeployment(options, context);
      const { runList } = await import('../dlq/list.ts');
      exitWith(await runList(deployment, withTicketKeys(options, deployment), context));
    });
};

const showExamples = `Examples:
  npm run ops -- dlq show 1f3a --stack prod
  npm run --silent ops -- dlq show 1f3a --json | jq .ifReplayed

The command runs the code of sync on the current Task, without the write.
`;

/** `dlq show <id>`: shows one dead letter and what a replay would do. */
const registerShow: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('show')
    .summary('show one dead letter and what a replay would do')
    .description(
      'Shows one dead letter and what a replay would do now. Reads the Task; writes nothing.',
    )
    .argument('<id>', 'its id or the start of its id (see dlq list --each)', parseIdPrefix);
  addAwsOptions(addDeploymentOptions(command))
    .option('--json', 'print one JSON document')
    .addHelpText('before', showExamples)
    .action(async (id: string, options: DeploymentOptions & ShowSettings) => {
      const deployment = await findDeployment(options, context);
      const { runShow } = await import('../dlq/show.ts');
      exitWith(await runShow(deployment, id, options, context));
    });
};

const replayExamples = `Examples:
  npm run ops -- dlq replay --stack prod                              count what would be sent
  npm run ops -- dlq replay --stack prod --limit 10 --yes --wait      try ten, and wait for their outcomes
  npm run ops -- dlq replay --stack prod --reason taskrouter-unavailable --yes

Without --yes the command only counts. With --yes it sends each dead letter to the queue, writes it to
the audit file, then deletes it. Ctrl-C or kill -9 loses nothing: the next run continues. A message that
is applied twice or too late changes nothing.
`;

/** `dlq replay`: sends dead letters to the queue again. */
const registerReplay: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('replay')
    .summary('send dead letters to the queue again')
    .description('Sends dead letters to the queue again. sync applies them like new messages.');
  addFilterOptions(addAwsOptions(addDeploymentOptions(command)))
    .option('--yes', 'send them')
    .option(
      '--rate <number>',
      'maximum messages per second',
      positiveNumber('Give messages per second, for example 20 or 0.5.', false),
      20,
    )
    .option(
      '--limit <number>',
      'maximum number of messages, in no fixed order',
      positiveNumber('Give a whole number, for example 10.', true),
    )
    .option(
      '--wait [span]',
      'then follow them in the sync log until each has an outcome; for 10 minutes, or for the given time',
      parseDuration,
    )
    .option(
      '--audit <folder>',
      'folder of the audit files; the next run reads them. Default: audit/ in the project',
    )
    .option('--json', 'print one JSON document')
    .addHelpText('before', replayExamples)
    .action(async (options: ReplayCommandOptions) => {
      const deployment = await findDeployment(options, context);
      const run = options.yes
        ? (await import('../dlq/run-replay.ts')).runReplay
        : (await import('../dlq/plan-replay.ts')).planReplay;
      exitWith(await run(deployment, withTicketKeys(options, deployment), context));
    });
};

const purgeExamples = `Examples:
  npm run ops -- dlq purge --stack prod --reason invalid-message
  npm run ops -- dlq purge --stack prod --older-than 7d --file old-dead-letters.jsonl --yes

The command shows what it would delete and asks. Without a terminal it deletes nothing unless --yes is
given. It writes every message to the file before it deletes it. Prefer a replay if it can help: a
message that is applied too late changes nothing.
`;

/** `dlq purge`: writes dead letters to a file, then deletes them. */
const registerPurge: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('purge')
    .summary('write dead letters to a file, then delete them')
    .description('Deletes dead letters permanently. It writes them to a file first, and asks.');
  addFilterOptions(addAwsOptions(addDeploymentOptions(command)))
    .option('--yes', 'delete without a question')
    .option('--file <file>', 'the file to write, as JSON lines; it must not exist')
    .option('--json', 'print one JSON document')
    .addHelpText('before', purgeExamples)
    .action(async (options: DeploymentOptions & PurgeSettings) => {
      const deployment = await findDeployment(options, context);
      const { runPurge } = await import('../dlq/purge.ts');
      exitWith(await runPurge(deployment, withTicketKeys(options, deployment), context));
    });
};

const groupExamples = `Examples:
  npm run ops -- dlq list --stack prod         what there is, by reason
  npm run ops -- dlq show 1f3a --stack prod    one of them
  npm run ops -- dlq replay --stack prod       what a replay would send
`;

/** `dlq …`: the commands for the dead-letter queue. */
export const registerDlq: RegisterCommand = (program, context, exitWith) => {
  const group = program
    .command('dlq')
    .summary('list, show, replay or purge dead letters')
    .description(
      'Dead letters are messages that sync could not apply. sync moved them with a reason, or SQS moved them after crashes. docs/runbook.md describes each reason.',
    )
    .addHelpText('before', groupExamples)
    .helpCommand(false);
  for (const register of [registerList, registerShow, registerReplay, registerPurge]) {
    register(group, context, exitWith);
  }
};

interface ReplayCommandOptions extends DeploymentOptions, FilterOptions, ReplaySettings {
  yes?: true;
}

function positiveNumber(message: string, isInteger: boolean) {
  return (text: string): number => {
    const value = Number(text);
    if (value > 0 && Number.isFinite(value) && (!isInteger || Number.isInteger(value)))
      return value;
    throw new InvalidArgumentError(message);
  };
}
