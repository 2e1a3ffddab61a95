import { Option } from 'commander';
import { printConnectResult } from '../connect/print.ts';
import type { RegisterCommand } from '../context.ts';
import {
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import { exitCodes } from '../failure.ts';
import { printJson } from '../text.ts';

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

Without --yes the command only shows the plan. A second run changes nothing. After an error the next
run continues.
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
