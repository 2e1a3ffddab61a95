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

/** The outputs of the stack that the commands need. */
const StackOutputs = z.object({
  ...DeploymentInfo.shape,
  taskEventsUrl: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
  taskRouterUrl: z.url({ error: 'must be a URL' }),
  region: z.string().min(1),
});

/** The operator's AWS profile and region, if they are not the defaults of the machine. */
export interface AwsOptions {
  profile?: string;
  region?: string;
}

/**
 * Reads a deployment from the outputs of its Pulumi stack. Its API key is the operator's own, because the deployed
 * key may only read and update Tasks.
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
      purpose: `read the outputs of stack ${stack}`,
      next: 'Run `pulumi stack ls` to list the stacks, and `pulumi whoami -v` to see the backend.',
    },
    { environment, root },
  );
  if (stdout.trim() === '{}') {
    throw new Failure(
      `Stack ${stack} is not deployed: it has no outputs.`,
      `Deploy it: npm run up -- --stack ${stack}`,
    );
  }
  const outputs = jsonText(StackOutputs).safeParse(stdout);
  if (outputs.success) {
    const { region: stackRegion, ...info } = outputs.data;
    const clientConfig: AwsClientConfig = {
      region: region ?? stackRegion,
      ignoreCache: true,
      ...(profile !== undefined && { profile }),
    };
    return {
      ...info,
      name: `stack ${stack}`,
      option: `--stack ${stack}`,
      credentials: () => operatorApiKey(environment),
      aws: {
        // Without this, the host of the queue URL would replace the endpoint of the environment or the profile.
        sqs: { ...clientConfig, useQueueUrlAsEndpoint: false },
        logs: clientConfig,
        secretsManager: clientConfig,
        lambda: clientConfig,
        cloudWatch: clientConfig,
        sns: clientConfig,
        eventBridge: clientConfig,
        sts: clientConfig,
      },
    };
  }
  throw new Failure(
    `The outputs of stack ${stack} are incomplete:\n${z.prettifyError(outputs.error)}`,
    `Run npm run up -- --stack ${stack} with this version of crm-media-sync.`,
  );
}

const timeoutMs = 60_000;

const passphraseHint =
  'The secrets of this stack are encrypted with a passphrase. Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE to a file that holds it.';

/** The part of the machine that Pulumi needs. */
export type PulumiContext = Pick<Context, 'environment' | 'root'>;

/** A Pulumi command about a stack. */
interface PulumiCommand {
  /** The command, e.g. `stack output --json`. */
  command: readonly string[];
  /**
   * The words after the options, e.g. a key and its value. They must not be secret, because other users see them in
   * the list of processes.
   */
  operands?: readonly string[];
  /** The text for stdin. */
  input?: string;
  stack: string;
  /** What the command does, e.g. `read the outputs of stack prod`. */
  purpose: string;
  /** What to do if it fails. */
  next: string;
}

/** A Pulumi command failed. */
export class PulumiFailure extends Failure {
  /** What Pulumi wrote to stderr. */
  readonly reason: string;

  constructor(message: string, reason: string, next: string) {
    super(`${message}: ${reason}`, next);
    this.reason = reason;
  }
}

/**
 * Runs the Pulumi CLI: `$PULUMI`, otherwise `pulumi` on the PATH.
 * @returns its stdout
 * @throws Failure with the error text of Pulumi
 */
export function runPulumi(
  { command, operands = [], input, stack, purpose, next }: PulumiCommand,
  { environment, root }: PulumiContext,
): Promise<string> {
  const program = environment['PULUMI'] || 'pulumi';
  return new Promise((resolve, reject) => {
    const args = [...command, '--non-interactive', '--stack', stack, ...operands];
    const options = { cwd: root, env: environment, timeout: timeoutMs };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') {
        reject(
          new Failure(
            `\`${program}\` was not found${environment['PULUMI'] ? '' : ' on PATH'}. It is needed to ${purpose}.`,
            'Install Pulumi: https://www.pulumi.com/docs/install. Or set PULUMI to the path of its program.',
          ),
        );
      } else {
        const reason = error.killed ? `no answer within ${timeoutMs / 1000} s` : stderr.trim();
        const hint = /PULUMI_CONFIG_PASSPHRASE/.test(reason) ? passphraseHint : next;
        reject(new PulumiFailure(`\`pulumi\` could not ${purpose}`, reason, hint));
      }
    });
    // If a program ends without reading its stdin, its exit code says more than this error.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
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
 * @throws Failure that names every missing or invalid variable, never its value
 */
function operatorApiKey(environment: Readonly<Record<string, string | undefined>>): TwilioApiKey {
  const parsed = Variables.safeParse(environment);
  if (!parsed.success) {
    throw new Failure(
      `The environment has no valid Twilio API key:\n${z.prettifyError(parsed.error)}`,
      'Create an API key in the Twilio Console (Account > API keys & tokens) and set the variables.',
    );
  }
  const { TWILIO_ACCOUNT_SID, TWILIO_API_KEY, TWILIO_API_SECRET } = parsed.data;
  return {
    accountSid: TWILIO_ACCOUNT_SID,
    apiKey: TWILIO_API_KEY,
    apiSecret: TWILIO_API_SECRET,
  };
}
