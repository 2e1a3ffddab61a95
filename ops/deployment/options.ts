import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { Deployment } from './deployment.ts';
import { findLocalStack, readLocalStack } from './local-stack.ts';
import { type AwsOptions, readStack } from './stack.ts';

/** Which deployment a command is about, as its options say. */
export interface DeploymentOptions extends AwsOptions {
  readonly stack?: string;
  readonly local?: true;
}

/** Gives a command the options that say which deployment it is about. */
export function addDeploymentOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--stack <name>',
        'a Pulumi stack; what asks Twilio needs TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET',
      ).conflicts('local'),
    )
    .option('--local', 'what npm start runs on this machine; the default where it is running');
}

/** Gives a command that asks AWS the options that say how. */
export function addAwsOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--profile <name>', 'a profile of the AWS configuration').conflicts('local'),
    )
    .addOption(
      new Option('--region <name>', "the AWS region, where it is not the stack's").conflicts(
        'local',
      ),
    );
}

/**
 * The deployment that the options name; without any, the embedded world if it is running.
 * @throws Failure
 */
export async function findDeployment(
  { stack, local, ...aws }: DeploymentOptions,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<Deployment> {
  if (stack !== undefined) return readStack(stack, aws, context);
  if (local) return readLocalStack(context.root);
  const localStack = await findLocalStack(context.root);
  if (localStack !== undefined) return localStack;
  throw new Failure(
    'Which deployment? Nothing runs on this machine, and none was named.',
    'Name a Pulumi stack with --stack <name>, or run npm start in another terminal and use --local.',
  );
}
