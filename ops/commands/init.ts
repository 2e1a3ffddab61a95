import type { RegisterCommand } from '../context.ts';
import { exitCodes } from '../failure.ts';

const initExamples = `Examples:
  npm run ops -- init --stack prod
  PULUMI_CONFIG_PASSPHRASE_FILE=~/.prod npm run ops -- init --stack prod    a stack with a passphrase

The command checks each answer and sets it at once, with pulumi config set. It does not show secrets, and
gives them to Pulumi through stdin. Run it again to change a setting or to add a CRM. Without a terminal it
prints the commands to run by hand.
`;

/** `init`: asks for the settings of a new stack. */
export const registerInit: RegisterCommand = (program, context, exitWith) => {
  program
    .command('init')
    .summary('ask for the settings of a stack, and set them')
    .description(
      'Asks for the settings that a stack needs: region, Twilio, CRM, receiver of alarms. Creates the stack if it does not exist.',
    )
    .requiredOption('--stack <name>', 'the Pulumi stack, e.g. prod')
    .addHelpText('before', initExamples)
    .action(async ({ stack }: { stack: string }) => {
      const { runInit } = await import('../init/init.ts');
      const code = await runInit(stack, context);
      if (code !== exitCodes.done) exitWith(code);
    });
};
