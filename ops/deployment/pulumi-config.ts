import * as z from 'zod';
import { type ConfigProblem, StackConfigError } from '../../infra/config/problems.ts';
import {
  configPath,
  type SettingPath,
  setCommand,
  setSecretCommand,
  shellQuote,
} from '../../infra/config/setting.ts';
import { parseStackConfig, type StackConfig } from '../../infra/config/stack-config.ts';
import { jsonText } from '../../shared/json.ts';
import { Failure } from '../failure.ts';
import { type PulumiContext, runPulumi } from './stack.ts';

/** The project's name in Pulumi.yaml. */
export const project = 'crm-media-sync';

/** The region setting of Pulumi's AWS provider. */
export const regionSetting = 'aws:region';

/** The output of `pulumi config --json`; the `value` of an object or a list is JSON. */
const PulumiConfigJson = jsonText(
  z.record(z.string(), z.object({ value: z.string(), secret: z.boolean().default(false) })),
);

/** The configuration of a stack by full key, e.g. `crm-media-sync:sources`. */
export type PulumiConfig = z.output<typeof PulumiConfigJson>;

/**
 * Reads the configuration of a stack, with secrets in plain text. They stay in this process.
 * @throws Failure with the error text of Pulumi
 */
export async function readPulumiConfig(
  stack: string,
  context: PulumiContext,
): Promise<PulumiConfig> {
  const stdout = await runPulumi(
    {
      command: ['config', '--json', '--show-secrets'],
      stack,
      purpose: `read the configuration of stack ${stack}`,
      next: 'Run `pulumi stack ls` to list the stacks. `pulumi config` needs the same secrets provider as `npm run up`.',
    },
    context,
  );
  const values = PulumiConfigJson.safeParse(stdout);
  if (values.success) return values.data;
  throw new Failure(
    `Unexpected output of pulumi config --json for stack ${stack}.`,
    'Update Pulumi. If that does not help, please report it.',
  );
}

/**
 * Parses a configuration as the Pulumi program does.
 * @param region the region of the stack, if it is known
 * @returns the configuration, or its problems, which quote no value
 */
export function parsePulumiConfig(
  values: PulumiConfig,
  stack: string,
  region?: string,
): { config: StackConfig } | { config?: undefined; problems: readonly ConfigProblem[] } {
  const entries = Object.entries(values);
  const texts = {
    ...Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
    ...(region !== undefined && { [regionSetting]: region }),
  };
  const secretKeys = new Set(entries.filter(([, { secret }]) => secret).map(([key]) => key));
  try {
    return { config: parseStackConfig(project, texts, secretKeys, shortStackName(stack)) };
  } catch (error) {
    if (!(error instanceof StackConfigError)) throw error;
    const problems = error.problems.map((problem) => ({
      ...problem,
      command: ofStack(problem.command, stack),
    }));
    return { problems };
  }
}

/** The name of a stack without organisation and project. Pulumi Cloud puts these in front. */
export function shortStackName(stack: string): string {
  return stack.slice(stack.lastIndexOf('/') + 1);
}

/** A setting and its new value. */
export interface NewSetting {
  path: SettingPath;
  value: string;
  secret: boolean;
}

/**
 * Sets one setting of a stack. A secret goes through stdin, because other users can see the command line of a
 * process.
 * @throws Failure with the error text of Pulumi
 */
export async function setPulumiConfig(
  stack: string,
  setting: NewSetting,
  context: PulumiContext,
): Promise<void> {
  const { path, value, secret } = setting;
  const key = settingName(path);
  await runPulumi(
    {
      command: [
        ...['config', 'set'],
        ...(isOfPulumi(path) ? [] : ['--path']),
        ...(secret ? ['--secret'] : []),
        ...(isTyped(setting) ? ['--type', 'string'] : []),
      ],
      operands: secret ? ['--', key] : ['--', key, value],
      ...(secret && { input: value }),
      stack,
      purpose: `set ${key} of stack ${stack}`,
      next: 'Run this again: it keeps what was set before.',
    },
    context,
  );
}

/** A setting in the notation of Pulumi's command line. */
export function settingName(path: SettingPath): string {
  return isOfPulumi(path) ? regionSetting : configPath(path);
}

/** The command with which a person can do the same. It contains no secret. */
export function settingCommand(stack: string, setting: NewSetting): string {
  const { path, value, secret } = setting;
  if (secret) return ofStack(setSecretCommand(path), stack);
  const quoted = shellQuote(value);
  return isOfPulumi(path)
    ? `pulumi config set --stack ${stack} ${regionSetting} ${quoted}`
    : ofStack(setCommand(path, quoted, isTyped(setting) ? 'string' : undefined), stack);
}

function ofStack(command: string, stack: string): string {
  return command.replaceAll(/pulumi config (set|rm)/g, `$& --stack ${stack}`);
}

function isOfPulumi([first]: SettingPath): boolean {
  return first === regionSetting;
}

/**
 * Whether Pulumi would read a text as a number or a boolean. It never does that for a secret.
 * Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/
 */
function isTyped({ path, value, secret }: NewSetting): boolean {
  return !secret && !isOfPulumi(path) && /^([+-]?\d+|true|false)$/i.test(value);
}
