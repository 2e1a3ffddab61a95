import { Option } from 'commander';
import type { ConnectResult } from '../connect/connect.ts';
import type { ConnectStep, EventCallback } from '../connect/plan.ts';
import type { Colors, RegisterCommand } from '../context.ts';
import {
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import { exitCodes } from '../failure.ts';
import { escapeUnprintable, printJson } from '../text.ts';

interface ConnectCommandOptions extends DeploymentOptions {
  via: 'event-streams' | 'callback';
  yes?: true;
  remove?: true;
  replace?: true;
  json?: true;
}

const connectExamples = `Examples:
  npm run ops -- connect --stack prod                  show the plan
  npm run ops -- connect --stack prod --yes            apply it
  npm run ops -- connect --stack prod --remove --yes   remove what connect created
  npm run ops -- connect --stack prod --via callback   use the event callback of the Workspace instead

Without --yes the command only shows the plan. A second run changes nothing. After an error, run it
again: it continues.
`;

/** `connect`: subscribes a deployment to TaskRouter events. */
export const registerConnect: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('connect')
    .summary('subscribe to TaskRouter events at Twilio')
    .description(
      'Subscribes the deployment to TaskRouter events. Later segments and abandoned conversations then get ' +
        'their tickets, and later recordings are kept.',
    );
  addDeploymentOptions(command)
    .addOption(
      new Option(
        '--via <way>',
        'event-streams: an Event Streams subscription; callback: the event callback of the Workspace',
      )
        .choices(['event-streams', 'callback'])
        .default('event-streams'),
    )
    .option('--yes', 'apply the plan')
    .option('--remove', 'remove only what connect created')
    .option('--replace', 'let --via callback replace the URL of another system')
    .option('--json', 'print one JSON document')
    .addHelpText('before', connectExamples)
    .action(async (options: ConnectCommandOptions) => {
      if (options.replace && (options.via !== 'callback' || options.remove)) {
        command.error('error: --replace needs --via callback, and does not go with --remove');
      }
      const deployment = await findDeployment(options, context);
      const { via, yes = false, remove = false, replace = false } = options;
      // The twilio SDK takes longer to load than most commands take to run.
      const { connect } = await import('../connect/connect.ts');
      const result = await connect(deployment, { via, yes, remove, replace });
      context.out(options.json ? printJson(result) : printConnectResult(result, context.colors));
      if (result.outcome === 'would-change') exitWith(exitCodes.wouldChange);
    });
};

const methodTitles = {
  'event-streams': 'Event Streams',
  callback: 'Event callback of the Workspace',
};

const outcomeTexts = {
  'nothing-to-do': 'Nothing to do.',
  'would-change': 'Dry run: nothing was changed. Add --yes to apply.',
  changed: 'Done.',
};

/** The result of connect as text. */
function printConnectResult(result: ConnectResult, colors: Colors): string {
  const { deployment, via, url, outcome, steps, notes } = result;
  return [
    `${colors.bold(methodTitles[via])}, ${deployment}: ${url}`,
    '',
    ...steps.map((step) => printStep(step, colors)),
    ...notes.map((note) => `  ${colors.yellow('!')} ${escapeUnprintable(note)}`),
    ...(steps.length + notes.length > 0 ? [''] : []),
    outcomeTexts[outcome],
    '',
  ].join('\n');
}

function callbackText({ url, events }: EventCallback): string {
  return url === ''
    ? 'none'
    : escapeUnprintable(`${url} for ${events.length > 0 ? events.join(', ') : 'all events'}`);
}

function stepDetail(step: ConnectStep): string {
  if (step.resource === 'event-callback') {
    const { action, workspace, from, to } = step;
    const now = `Workspace ${workspace}\n      ${callbackText(from)}`;
    return action === 'keep' ? now : `${now}\n   -> ${callbackText(to)}`;
  }
  if (step.resource === 'event-type')
    return `${escapeUnprintable(step.type.type)} (schema ${step.type.schemaVersion})`;
  if (step.action === 'delete') return `${step.sid} (${step.reason})`;
  if (step.action === 'keep') {
    return step.resource === 'sink' ? step.sid : `${step.sid}, ${step.types} event types unchanged`;
  }
  if (step.resource === 'sink') {
    return step.action === 'create'
      ? `webhook to ${step.destination}`
      : `${step.sid}, new description "${step.description}"`;
  }
  return [
    'with the event types',
    ...step.types.map(({ type, schemaVersion }) => `${type} (schema ${schemaVersion})`),
  ].join('\n      ');
}

/** One step of a plan as text: `+` created, `~` changed, `-` deleted, `=` unchanged. */
function printStep(step: ConnectStep, { green, yellow, red, dim }: Colors): string {
  const symbols = { create: green('+'), change: yellow('~'), delete: red('-'), keep: dim('=') };
  return `  ${symbols[step.action]} ${step.resource.replace('-', ' ').padEnd(12)}  ${stepDetail(step)}`;
}
