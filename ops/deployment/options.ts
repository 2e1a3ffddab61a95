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

/** Adds the options of commands that call AWS. Without a stack they would have no effect. */
export function addAwsOptions(command: Command): Command {
  return command
    .hook('preAction', () => {
      const { stack, profile, region } = command.opts<DeploymentOptions>();
      if (stack === undefined && (profile ?? region) !== undefined) {
        command.error('error: --profile and --region need --stack');
      }
    })
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
  if (stack !== undefined) {
    if (aws.profile !== undefined) await requireProfile(aws.profile);
    return readStack(stack, aws, context);
  }
  if (local) return readLocalStack(context.root);
  const localStack = await findLocalStack(context.root);
  if (localStack !== undefined) return localStack;
  throw new Failure(
    'No deployment was named, and no local stack is running.',
    'Give a Pulumi stack with --stack <name>, or run npm start in another terminal and use --local.',
  );
}

/** @throws Failure if this machine has no credentials for the profile */
async function requireProfile(profile: string): Promise<void> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  // The region is not used: no request is made with this client.
  const sqs = new SQSClient({ profile, region: 'us-east-1' });
  await sqs.config.credentials().catch((cause: unknown) => {
    throw new Failure(
      `The AWS profile ${profile} gives no credentials.`,
      `Check the name with aws configure list-profiles, or log in: aws sso login --profile ${profile}`,
      { cause },
    );
  });
}
