import { setTimeout as delay } from 'node:timers/promises';
import { queueRetentionSeconds } from '../../shared/config/limits.ts';
import type { Context, RegisterCommand } from '../context.ts';
import type { Deployment } from '../deployment/deployment.ts';
import {
  addAwsOptions,
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import type { EventSource } from '../sync/event-source.ts';
import { formatDuration, printJson } from '../text.ts';

interface SyncSettings {
  yes?: true;
  json?: true;
}

/** `sync pause` and `sync resume`: stop and start the event source of sync. */
export const registerSync: RegisterCommand = (program, context, exitWith) => {
  const group = program
    .command('sync')
    .summary('pause or resume sync')
    .description('Pauses or resumes sync. During a pause, webhooks are accepted and messages wait.')
    .addHelpText('before', `Examples:\n${examples('pause')}\n${examples('resume')}\n`)
    .helpCommand(false);
  for (const [name, action] of Object.entries(actions)) {
    const command = group
      .command(name)
      .summary(action.summary)
      .description(action.description)
      .addHelpText('before', `Examples:\n${examples(name)}\n`);
    addAwsOptions(addDeploymentOptions(command))
      .option('--yes', 'do it')
      .option('--json', 'print one JSON document')
      .action(async (options: DeploymentOptions & SyncSettings) => {
        const deployment = await findDeployment(options, context);
        exitWith(await runSync(deployment, action, options, context));
      });
  }
};

interface Action {
  enabled: boolean;
  summary: string;
  description: string;
  /** The state after the command. */
  goal: EventSource['state'];
  /** The consequences of the command. */
  consequences: readonly string[];
}

const retention = formatDuration(queueRetentionSeconds * 1000);

const actions: Readonly<Record<string, Action>> = {
  pause: {
    enabled: false,
    summary: 'stop sending messages to sync',
    description:
      'Disables the event sources of sync: Lambda sends it no more messages. Batches that have begun finish.',
    goal: 'paused',
    consequences: [
      'Webhooks and Twilio events are accepted. Their messages wait in the queues.',
      `SQS deletes a message ${retention} after it was first sent.`,
      'Conversations that end during the pause do not get their links.',
      'On AWS, the alarm queue-backlog starts after 20 minutes.',
      'sync resume ends the pause. So does npm run up with --refresh.',
    ],
  },
  resume: {
    enabled: true,
    summary: 'send messages to sync again',
    description:
      'Enables the event sources of sync: Lambda sends it the messages of the queues again.',
    goal: 'running',
    consequences: [
      'Lambda sends the waiting messages to sync. You do not need to do anything else.',
    ],
  },
};

function examples(name: string): string {
  return [
    `  npm run ops -- sync ${name} --stack prod          show what would happen`,
    `  npm run ops -- sync ${name} --stack prod --yes    do it`,
  ].join('\n');
}

/** The most time that Lambda needs for the change, in milliseconds. It needs up to a minute. */
const changeTimeoutMs = 90_000;

const pollIntervalMs = { aws: 2000, local: 50 };

async function runSync(
  deployment: Deployment,
  { enabled, goal, consequences }: Action,
  { yes, json }: SyncSettings,
  context: Context,
): Promise<ExitCode> {
  const { eventSourceState, setEventSourceEnabled } = await import('../sync/event-source.ts');
  const before = await eventSourceState(deployment);
  let { state } = before;
  const isDone = state === goal;
  if (yes && !isDone) {
    const stop = context.stopSignal();
    const endsAt = Date.now() + changeTimeoutMs;
    ({ state } = await setEventSourceEnabled(deployment, before.uuids, enabled));
    while (state !== goal && !stop.aborted && Date.now() < endsAt) {
      await delay(pollIntervalMs[deployment.aws.cloudWatch === undefined ? 'local' : 'aws']);
      ({ state } = await eventSourceState(deployment));
    }
  }
  const wouldChange = yes === undefined && !isDone;
  if (json) {
    context.out(printJson({ deployment: deployment.name, before: before.state, state }));
  } else {
    const { bold } = context.colors;
    const lines = [
      `${bold('sync')}, ${deployment.name}: ${state === before.state ? '' : `was ${before.state}, is `}${state}`,
      ...(isDone ? ['', 'Nothing to do.'] : ['', ...consequences.map((text) => `  ${text}`)]),
      ...(wouldChange ? ['', 'Dry run: nothing was changed. Add --yes to apply.'] : []),
      ...(yes && state !== goal
        ? [
            '',
            `Lambda has not finished. To see the state: npm run ops -- status ${deployment.option}`,
          ]
        : []),
    ];
    context.out(`${lines.join('\n')}\n`);
  }
  return wouldChange ? exitCodes.wouldChange : exitCodes.done;
}
