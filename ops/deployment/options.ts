import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { Deployment } from './deployment.ts';
import { findLocalStack, readLocalStack } from './local-stack.ts';
import { type AwsOptions, readStack } from './stack.ts';

/** The options that name the deployment of a command. */
export interface DeploymentOptions extends AwsOptions {
  stack?: string;
  local?: true;
}

/** Adds the options that name the deployment. */
export function addDeploymentOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--stack <name>',
        'a Pulumi stack; commands that call Twilio need TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET',
      ).conflicts('local'),
    )
    .option('--local', 'the local stack that npm start runs; the default if it is running');
}

/** Adds the options of commands that call AWS. */
export function addAwsOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--profile <name>', 'a profile of the AWS configuration').conflicts('local'),
    )
    .addOption(
      new Option(
        '--region <name>',
        'the AWS region, if it is not the region of the stack',
      ).conflicts('local'),
    );
}

/**
 * The deployment that the options name. Without options: the local stack, if it is running.
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
    'No deployment was named, and no local stack is running.',
    'Give a Pulumi stack with --stack <name>, or run npm start in another terminal and use --local.',
  );
}
