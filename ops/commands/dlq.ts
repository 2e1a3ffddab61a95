import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Context, RegisterCommand } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
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
  filterProblem,
  parseDuration,
  parseIdPrefix,
  type ReplaySettings,
  withTicketKeys,
} from '../dlq/options.ts';
import type { PurgeSettings } from '../dlq/purge.ts';
import { type DlqQueue, isOfSync, type QueueName, queueNames, queueOf } from '../dlq/queue.ts';
import type { RestoreSettings } from '../dlq/restore.ts';
import type { ShowSettings } from '../dlq/show.ts';
import { Failure } from '../failure.ts';

// The actions are imported lazily: the AWS SDK takes longer to load than a help text takes to print.

const listExamples = `Examples:
  npm run ops -- dlq list --stack prod
  npm run ops -- dlq list --stack prod --reason attributes-full --each
  npm run ops -- dlq list --stack prod --by ticket
  npm run ops -- dlq list --stack prod --queue events
  npm run --silent ops -- dlq list --stack prod --json | jq .byReason

The command deletes nothing. While it runs, the messages are in flight: other commands do not see them.
`;

/** `dlq list`: counts the messages of a queue. */
const registerList: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('list')
    .summary('count the dead letters by reason, source and age')
    .description('Counts the dead letters by reason, source, age and ticket. Deletes nothing.');
  addFilterOptions(addQueueOption(addAwsOptions(addDeploymentOptions(command)), queueNames))
    .addOption(
      new Option('--by <what>', 'also count the dead letters of each ticket').choices(['ticket']),
    )
    .option('--each', 'also print one line per dead letter, with its id')
    .option('--json', 'print one JSON document')
    .addHelpText('before', listExamples)
    .action(async (options: DlqOptions & ListSettings) => {
      const { deployment, queue } = await findQueue(command, options, context);
      const { runList } = await import('../dlq/list.ts');
      exitWith(await runList(deployment, queue, withTicketKeys(options, deployment), context));
    });
};

const showExamples = `Examples:
  npm run ops -- dlq show 1f3a --stack prod
  npm run ops -- dlq show 1f3a --stack prod --queue events
  npm run --silent ops -- dlq show 1f3a --stack prod --json | jq .ifReplayed

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
  addQueueOption(addAwsOptions(addDeploymentOptions(command)), queueNames)
    .option('--json', 'print one JSON document')
    .addHelpText('before', showExamples)
    .action(async (id: string, options: DlqOptions & ShowSettings) => {
      const { deployment, queue } = await findQueue(command, options, context);
      const { runShow } = await import('../dlq/show.ts');
      exitWith(await runShow(deployment, queue, id, options, context));
    });
};

const replayExamples = `Examples:
  npm run ops -- dlq replay --stack prod                              count what would be sent
  npm run ops -- dlq replay --stack prod --limit 10 --yes --wait      try ten, and wait for their outcomes
  npm run ops -- dlq replay --stack prod --reason taskrouter-unavailable --yes
  npm run ops -- dlq replay --stack prod --queue events --yes         give events to crm-change again

Without --yes the command only counts. With --yes it checks that TaskRouter works. Then it sends each dead
letter to its queue, writes it to the audit file, and deletes it. Ctrl-C and kill -9 lose nothing: the next
run continues. A message that is applied twice or too late changes nothing.
`;

/** `dlq replay`: sends dead letters to the queue again, and events to crm-change. */
const registerReplay: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('replay')
    .summary('send dead letters to the queue again')
    .description('Sends dead letters to the queue again. sync applies them like new messages.');
  const withQueue = addQueueOption(addAwsOptions(addDeploymentOptions(command)), [
    'dead-letters',
    'events',
  ]);
  addFilterOptions(withQueue)
    .option('--yes', 'send them')
    .option('--force', 'send them even if TaskRouter does not work')
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
      'follow them in the sync log until each has an outcome, for 10 minutes or the given time',
      parseDuration,
    )
    .option(
      '--audit <folder>',
      'folder of the audit files; the next run reads them. Default: audit/ in the project',
    )
    .option('--json', 'print one JSON document')
    .addHelpText('before', replayExamples)
    .action(async (options: ReplayCommandOptions) => {
      if (options.wait !== undefined && options.queue === 'events') {
        command.error('error: --wait does not go with --queue events: it follows messages of sync');
      }
      const { deployment, queue } = await findQueue(command, options, context);
      const run = options.yes
        ? (await import('../dlq/run-replay.ts')).runReplay
        : (await import('../dlq/plan-replay.ts')).planReplay;
      exitWith(await run(deployment, queue, withTicketKeys(options, deployment), context));
    });
};

const purgeExamples = `Examples:
  npm run ops -- dlq purge --stack prod --reason invalid-message
  npm run ops -- dlq purge --stack prod --older-than 7d --file old-dead-letters.jsonl --yes
  npm run ops -- dlq purge --stack prod --queue changes --id 1f3a    take one message out of the queue

The command shows what it would delete, and asks. Without a terminal it needs --yes. It writes each message
to a file before it deletes it, and dlq restore puts the messages back. If a replay can help, replay: a
message that is applied too late changes nothing.
`;

/** `dlq purge`: writes messages to a file, then deletes them. */
const registerPurge: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('purge')
    .summary('write dead letters to a file, then delete them')
    .description('Deletes dead letters. It writes them to a file first, and asks.');
  addFilterOptions(addQueueOption(addAwsOptions(addDeploymentOptions(command)), queueNames))
    .option('--yes', 'delete without a question')
    .option('--file <file>', 'the file to write, as JSON lines; it must not exist')
    .option('--json', 'print one JSON document')
    .addHelpText('before', purgeExamples)
    .action(async (options: DlqOptions & PurgeSettings) => {
      const { deployment, queue } = await findQueue(command, options, context);
      const { runPurge } = await import('../dlq/purge.ts');
      exitWith(await runPurge(deployment, queue, withTicketKeys(options, deployment), context));
    });
};

const restoreExamples = `Examples:
  npm run ops -- dlq restore old-dead-letters.jsonl --stack prod         count what would be put back
  npm run ops -- dlq restore old-dead-letters.jsonl --stack prod --yes   put it back
`;

/** `dlq restore <file>`: puts back what a purge deleted. */
const registerRestore: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('restore')
    .summary('put back what a purge deleted')
    .description('Sends the messages of a file that dlq purge wrote to the queue they came from.')
    .argument('<file>', 'the file that dlq purge wrote');
  addAwsOptions(addDeploymentOptions(command))
    .option('--yes', 'send them')
    .option('--json', 'print one JSON document')
    .addHelpText('before', restoreExamples)
    .action(async (file: string, options: DeploymentOptions & RestoreSettings) => {
      const deployment = await findDeployment(options, context);
      const { runRestore } = await import('../dlq/restore.ts');
      exitWith(await runRestore(deployment, file, options, context));
    });
};

const groupExamples = `Examples:
  npm run ops -- dlq list --stack prod         count the dead letters by reason
  npm run ops -- dlq show 1f3a --stack prod    show one of them
  npm run ops -- dlq replay --stack prod       count what a replay would send
`;

/** `dlq …`: the commands for the dead-letter queue. */
export const registerDlq: RegisterCommand = (program, context, exitWith) => {
  const group = program
    .command('dlq')
    .summary('list, show, replay, purge or restore dead letters')
    .description(
      'Dead letters are messages that sync could not apply. sync moved them with a reason, or SQS moved them after crashes. docs/runbook.md describes each reason.',
    )
    .addHelpText('before', groupExamples)
    .helpCommand(false);
  const registrations = [
    registerList,
    registerShow,
    registerReplay,
    registerPurge,
    registerRestore,
  ];
  for (const register of registrations) register(group, context, exitWith);
};

interface DlqOptions extends DeploymentOptions, FilterOptions {
  queue: QueueName;
}

interface ReplayCommandOptions extends DlqOptions, ReplaySettings {
  queue: QueueName;
  yes?: true;
}

function addQueueOption(command: Command, names: readonly QueueName[]): Command {
  const changes = names.includes('changes')
    ? ', or changes or lookups (messages that wait for sync, while sync is paused)'
    : '';
  return command.addOption(
    new Option(
      '--queue <name>',
      `dead-letters, events (EventBridge events that crm-change could not process)${changes}`,
    )
      .choices(names)
      .default('dead-letters'),
  );
}

/**
 * The deployment and its queue that the options name. A wrong filter ends the command.
 * @throws Failure if there is none, or if sync receives from it too
 */
async function findQueue(
  command: Command,
  options: DlqOptions,
  context: Context,
): Promise<{ deployment: Deployment; queue: DlqQueue }> {
  const deployment = await findDeployment(options, context);
  const queue = queueOf(deployment, options.queue);
  const problem = filterProblem(options, queue, deployment);
  if (problem !== undefined) command.error(`error: ${problem}`);
  if (isOfSync(queue.name)) await assertSyncIsPaused(deployment);
  return { deployment, queue };
}

/** sync would receive the same messages, and each receive counts as a try. */
async function assertSyncIsPaused(deployment: Deployment): Promise<void> {
  const { eventSourceState } = await import('../sync/event-source.ts');
  const { state } = await eventSourceState(deployment);
  if (state === 'paused') return;
  throw new Failure(
    `sync receives messages from this queue: its event source is ${state}. Nothing was read.`,
    `Pause it first: npm run ops -- sync pause ${deployment.option} --yes. Run this again. Then run sync resume.`,
  );
}

function positiveNumber(message: string, isInteger: boolean) {
  return (text: string): number => {
    const value = Number(text);
    if (value > 0 && Number.isFinite(value) && (!isInteger || Number.isInteger(value)))
      return value;
    throw new InvalidArgumentError(message);
  };
}
