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
  readonly via: 'event-streams' | 'callback';
  readonly yes?: true;
  readonly remove?: true;
  readonly replace?: true;
  readonly json?: true;
}

const connectExamples = `
Without --yes it only shows what it would do. Doing it again changes nothing more, and where it
broke off, the next run goes on.

Examples:
  npm run ops -- connect --stack prod                  what is there, and what would be done
  npm run ops -- connect --stack prod --yes            do it
  npm run ops -- connect --stack prod --remove --yes   undo it
  npm run ops -- connect --stack prod --via callback   the Workspace's own event callback instead`;

/** `connect`: has Twilio tell a deployment of TaskRouter's events. */
export const registerConnect: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('connect')
    .summary("have Twilio tell of TaskRouter's events")
    .description(
      "Has Twilio tell a deployment of TaskRouter's events, so that segments that begin later get " +
        'their tickets and recordings that appear later are kept.',
    );
  addDeploymentOptions(command)
    .addOption(
      new Option(
        '--via <way>',
        "event-streams: a subscription of its own; callback: the Workspace's one event callback",
      )
        .choices(['event-streams', 'callback'])
        .default('event-streams'),
    )
    .option('--yes', 'make the changes')
    .option('--remove', 'plan to take away what connect made, and nothing else')
    .option('--replace', "let --via callback take the place of another's URL")
    .option('--json', 'print one JSON document')
    .addHelpText('after', connectExamples)
    .action(async (options: ConnectCommandOptions) => {
      if (options.replace && (options.via !== 'callback' || options.remove)) {
        command.error('error: --replace is for --via callback, and not with --remove');
      }
      const deployment = await findDeployment(options, context);
      const { via, yes = false, remove = false, replace = false } = options;
      // The whole SDK takes longer to load than any other command to run.
      const { connect } = await import('../connect/connect.ts');
      const result = await connect(deployment, { via, yes, remove, replace });
      context.out(options.json ? printJson(result) : printConnectResult(result, context.colors));
      if (result.outcome === 'would-change') exitWith(exitCodes.wouldChange);
    });
};
