import type { RegisterCommand } from '../context.ts';
import { exitCodes } from '../failure.ts';

const initExamples = `Examples:
  npm run ops -- init --stack prod                              asks for the settings of a stack, and sets them
  PULUMI_CONFIG_PASSPHRASE_FILE=~/.prod npm run ops -- init --stack prod    of a stack with a passphrase

Each answer is checked, and set at once by pulumi config set. Secrets are not shown, and go to Pulumi
through stdin. Run it again to change a setting or to add a CRM. It needs a terminal: without one it
prints the commands to run by hand.
`;

/** `init`: a guided start. */
export const registerInit: RegisterCommand = (program, context, exitWith) => {
  program
    .command('init')
    .summary('ask for the settings of a stack, and set them')
    .description(
      'Asks for what a stack needs: the region, Twilio, the CRM, who receives alarms. Creates the stack if it does not exist.',
    )
    .requiredOption('--stack <name>', 'the Pulumi stack, e.g. prod')
    .addHelpText('before', initExamples)
    .action(async ({ stack }: { stack: string }) => {
      const { runInit } = await import('../init/init.ts');
      const code = await runInit(stack, context);
      if (code !== exitCodes.done) exitWith(code);
    });
};
