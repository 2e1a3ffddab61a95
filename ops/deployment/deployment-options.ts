import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { Deployment } from './deployment.ts';
import { findLocalWorld, readLocalWorld } from './local-world.ts';
import { readStack } from './stack.ts';

/** Which deployment a command is about, as its options say. */
export interface DeploymentOptions {
  readonly stack?: string;
  readonly local?: true;
}

/** Gives a command the options that say which deployment it is about. */
export const withDeploymentOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--stack <name>',
        'a Pulumi stack; needs TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET',
      ).conflicts('local'),
    )
    .option('--local', 'what npm start runs on this machine; the default where it is running');

/**
 * The deployment that the options name; without any, the embedded world if it is running.
 * @throws Failure
 */
export const findDeployment = async (
  { stack, local }: DeploymentOptions,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<Deployment> => {
  if (stack !== undefined) return readStack(stack, context);
  if (local) return readLocalWorld(context.root);
  const world = await findLocalWorld(context.root);
  if (world !== undefined) return world;
  throw new Failure(
    'Which deployment? Nothing runs on this machine, and none was named.',
    'Name a Pulumi stack with --stack <name>, or run npm start in another terminal and use --local.',
  );
};
