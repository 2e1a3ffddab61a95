import { execFile } from 'node:child_process';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import {
  type AwsClientConfig,
  type Deployment,
  DeploymentInfo,
  type TwilioApiKey,
} from './deployment.ts';

/** What the stack has to tell; it tells more, of no concern here. */
const StackOutputs = z.object({
  ...DeploymentInfo.shape,
  taskEventsUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
  taskRouterUrl: z.url({ error: 'must be a URL' }),
  region: z.string().min(1),
});

/** How the operator reaches AWS, where that is not as the machine is set up for. */
export interface AwsOptions {
  readonly profile?: string;
  readonly region?: string;
}

/**
 * A deployment as its Pulumi stack tells of it, with the operator's own API key: the deployed one may
 * only read and update Tasks.
 * @throws Failure
 */
export async function readStack(
  stack: string,
  { profile, region }: AwsOptions,
  { environment, root }: Pick<Context, 'environment' | 'root'>,
): Promise<Deployment> {
  const stdout = await runPulumi(
    {
      command: ['stack', 'output', '--json'],
      stack,
      subject: 'the outputs',
      next: 'pulumi stack ls lists the stacks; pulumi login tells where they are kept.',
    },
    { environment, root },
  );
  const outputs = jsonText(StackOutputs).safeParse(stdout);
  if (outputs.success) {
    const { region: stackRegion, ...info } = outputs.data;
    const clientConfig: AwsClientConfig = {
      region: region ?? stackRegion,
      ...(profile !== undefined && { profile }),
    };
    return {
      ...info,
      name: `stack ${stack}`,
      credentials: () => operatorApiKey(environment),
      aws: {
        sqs: clientConfig,
        logs: clientConfig,
        secretsManager: clientConfig,
        cloudWatch: clientConfig,
        sns: clientConfig,
      },
    };
  }
  throw new Failure(
    `The outputs of stack ${stack} lack what is needed:\n${z.prettifyError(outputs.error)}`,
    `Run pulumi up --stack ${stack} with this version of crm-media-sync.`,
  );
}

const timeoutMs = 60_000;

/** What is asked of Pulumi about a stack. */
interface PulumiCommand {
  /** Such as `stack output --json`. */
  readonly command: readonly string[];
  readonly stack: string;
  /** What it tells, e.g. `the outputs`. */
  readonly subject: string;
  /** What to do where it does not. */
  readonly next: string;
}

/**
 * What the Pulumi CLI prints.
 * @throws Failure that says what Pulumi said
 */
export function runPulumi(
  { command, stack, subject, next }: PulumiCommand,
  { environment, root }: Pick<Context, 'environment' | 'root'>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = [...command, '--non-interactive', '--stack', stack];
    const options = { cwd: root, env: environment, timeout: timeoutMs };
    execFile('pulumi', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') {
        reject(
          new Failure(
            `pulumi is not on the PATH: it tells ${subject} of a stack.`,
            'Install it: https://www.pulumi.com/docs/install',
          ),
        );
      } else {
        const reason = error.killed ? `no answer within ${timeoutMs / 1000} s` : stderr.trim();
        reject(new Failure(`pulumi does not tell ${subject} of stack ${stack}: ${reason}`, next));
      }
    });
  });
}

const Variables = z.object({
  TWILIO_ACCOUNT_SID: sid('AC'),
  TWILIO_API_KEY: sid('SK'),
  TWILIO_API_SECRET: z.string({ error: 'is not set' }).min(1, 'is empty'),
});

function sid(prefix: string) {
  return z
    .string({ error: 'is not set' })
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);
}

/**
 * The operator's API key, from the environment.
 * @throws Failure that names all that is missing or wrong, and never what stands there.
 */
function operatorApiKey(environment: Readonly<Record<string, string | undefined>>): TwilioApiKey {
  const parsed = Variables.safeParse(environment);
  if (!parsed.success) {
    throw new Failure(
      `The environment does not hold an API key of Twilio:\n${z.prettifyError(parsed.error)}`,
      'Set it to an API key of your own, made in the Twilio Console: Account > API keys & tokens.',
    );
  }
  const { TWILIO_ACCOUNT_SID, TWILIO_API_KEY, TWILIO_API_SECRET } = parsed.data;
  return {
    accountSid: TWILIO_ACCOUNT_SID,
    apiKey: TWILIO_API_KEY,
    apiSecret: TWILIO_API_SECRET,
  };
}
