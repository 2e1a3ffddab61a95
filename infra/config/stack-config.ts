import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { parseArn } from '../arn.ts';
import {
  ArgsError,
  configProblems,
  errorMessages,
  nameProblems,
  StackConfigError,
  stackNameProblems,
  unencryptedSecrets,
} from './problems.ts';
import {
  StackDomain,
  StackKeep,
  StackKey,
  StackLogs,
  StackTags,
  StackVpc,
} from './resource-sections.ts';
import { StackAlarms, StackLimits, StackSync, StackTwilio } from './sections.ts';
import { whenValid } from './setting.ts';
import { type SourceArgs, StackSources } from './sources.ts';

/** The configuration of a stack, by section. */
export const StackConfig = z.strictObject({
  sources: StackSources,
  twilio: StackTwilio,
  sync: StackSync,
  limits: StackLimits,
  alarms: StackAlarms,
  logs: StackLogs,
  key: StackKey,
  domain: StackDomain,
  vpc: StackVpc,
  tags: StackTags,
  keep: StackKeep,
});

export type StackConfig = z.infer<typeof StackConfig>;

/**
 * The settings of docs/configuration.md as arguments of a program. Secrets are plain text. Pulumi's state encrypts
 * them, because the provider marks them as secrets.
 */
export interface CrmMediaSyncArgs extends Omit<z.input<typeof StackConfig>, 'sources' | 'twilio'> {
  /** The CRMs, by a name of your choice. */
  sources: Readonly<Record<string, SourceArgs>>;
  twilio: TwilioArgs;
}

type TwilioArgs = Omit<z.input<typeof StackTwilio>, 'authToken' | 'sharedKeySecret'> & {
  /** The primary Auth Token, or a list during a rotation. */
  authToken: string | readonly string[];
  sharedKeySecret?: string | readonly string[];
};

/**
 * Checks the arguments of a component, and adds the defaults.
 * @throws ArgsError with all problems. It quotes no value
 */
export function parseArgs(name: string, args: CrmMediaSyncArgs): StackConfig {
  const parsed = StackConfig.safeParse(args, { error: errorMessages });
  const problems = [
    ...nameProblems(name).map((message) => ({ path: 'the name', message })),
    ...configProblems(args, parsed.error?.issues ?? []),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new ArgsError(name, problems);
}

/** Missing sections become empty, so that the problems name the settings that are missing in them. */
const requiredSections = { sources: {}, twilio: {} };

/**
 * Parses the configuration of a stack. The result contains secrets as plain text, and the caller must protect them.
 *
 * @param namespace the project
 * @param config all configuration of Pulumi: keys are `namespace:key`, values are texts, or JSON if the value is not a text
 * @param secretKeys the full keys whose value is encrypted
 * @param stack the name of the stack, which becomes part of the names of its resources
 * @throws StackConfigError with all problems and their commands. It quotes no value
 */
export function parseStackConfig(
  namespace: string,
  config: Readonly<Record<string, string>>,
  secretKeys: ReadonlySet<string>,
  stack: string,
): StackConfig {
  const sections = { ...requiredSections, ...sectionsOf(namespace, config) };
  const parsed = StackConfig.check(...inStackRegion(config['aws:region'])).safeParse(sections, {
    error: errorMessages,
  });
  const problems = [
    ...stackNameProblems(namespace, stack),
    ...configProblems(sections, parsed.error?.issues ?? []),
    ...unencryptedSecrets(sections, (key) => secretKeys.has(`${namespace}:${key}`)),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new StackConfigError(problems);
}

const Checked = z.custom<CrmMediaSyncArgs>();

/**
 * Parses the configuration of a stack to arguments of the component. Parameters and errors are those of
 * `parseStackConfig`.
 */
export function readStackArgs(...given: Parameters<typeof parseStackConfig>): CrmMediaSyncArgs {
  parseStackConfig(...given);
  const [namespace, config] = given;
  return Checked.parse(sectionsOf(namespace, config));
}

/** The sections of a configuration, by name. */
function sectionsOf(namespace: string, config: Readonly<Record<string, string>>) {
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), jsonOrText(value)]),
  );
}

interface RegionalConfig {
  key: { arn?: string | undefined; alarmsArn?: string | undefined };
  domain?: { certificateArn: string } | undefined;
}

const Keys = jsonText(z.array(z.string()));

/**
 * The full keys of the configuration whose value is encrypted, e.g. `crm-media-sync:twilio`. Pulumi does not say
 * which setting of a key is encrypted.
 * Source: https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/config.ts
 */
export function secretConfigKeys(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReadonlySet<string> {
  return new Set(Keys.parse(environment['PULUMI_CONFIG_SECRET_KEYS'] ?? '[]'));
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * The rules that say: the keys and the certificate must be in the region of the stack.
 * @param region the region in the configuration. Undefined if it comes from the environment
 */
function inStackRegion(region: string | undefined) {
  const isInRegion = (arn: string | undefined): boolean =>
    region === undefined || arn === undefined || parseArn(arn).region === region;
  const error = `must be in ${region}, the region of the stack (aws:region)`;
  const keyArns = ['arn', 'alarmsArn'] as const;
  const certificateArn = ['domain', 'certificateArn'];
  return [
    ...keyArns.map((name) =>
      z.refine<RegionalConfig>(({ key }) => isInRegion(key[name]), {
        path: ['key', name],
        error,
        ...whenValid(['key', name]),
      }),
    ),
    z.refine<RegionalConfig>(({ domain }) => isInRegion(domain?.certificateArn), {
      path: certificateArn,
      error,
      ...whenValid(certificateArn),
    }),
  ];
}
