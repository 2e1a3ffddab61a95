import * as z from 'zod';
import { minInstances, requestsPerTask } from '../../shared/config/limits.ts';
import { jsonText } from '../../shared/json.ts';
import { parseArn } from '../arn.ts';
import { configProblems, errorMessages, StackConfigError, unencryptedSecrets } from './problems.ts';
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
import { StackSources } from './sources.ts';
import { stackNameProblems } from './stack-name.ts';

interface ConcurrencyConfig {
  readonly limits: { readonly twilioConcurrentRequests: number };
  readonly sync: { readonly tasksInParallel: number };
}

const concurrentRequestsPath = ['limits', 'twilioConcurrentRequests'];

/** Whether there is room for the least that there may be of the sync's instances. */
const allowsTwoInstances = z.superRefine<ConcurrencyConfig>(
  ({ limits, sync }, context) => {
    const min = minInstances * sync.tasksInParallel * requestsPerTask;
    if (limits.twilioConcurrentRequests >= min) return;
    context.addIssue({
      code: 'custom',
      path: concurrentRequestsPath,
      message: `must be ${min} at least, or sync.tasksInParallel less: ${minInstances} instances work on that many Tasks each, with ${requestsPerTask} requests at once`,
    });
  },
  whenValid(concurrentRequestsPath, ['sync', 'tasksInParallel']),
);

/** Everything that a stack is configured with, by section. */
export const StackConfig = z
  .strictObject({
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
  })
  .check(allowsTwoInstances);

export type StackConfig = z.infer<typeof StackConfig>;

/** A section that has to be there is told as all that it has to hold. */
const requiredSections = { sources: {}, twilio: {} };

/**
 * Reads the configuration of a stack: of all that Pulumi has (`namespace:key` to text, or JSON where
 * the value is not plain text), what is in this namespace. It gives secrets as plain text: what is
 * made of them is the caller's to protect.
 *
 * @param namespace the project
 * @param secretKeys the full keys of which Pulumi holds something encrypted
 * @param stack its name, which becomes part of every other name
 * @throws StackConfigError, which tells all that is wrong and how to set it right, with no value quoted
 */
export function parseStackConfig(
  namespace: string,
  config: Readonly<Record<string, string>>,
  secretKeys: ReadonlySet<string>,
  stack: string,
): StackConfig {
  const prefix = `${namespace}:`;
  const settings = Object.entries(config)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), jsonOrText(value)]);
  const sections = { ...requiredSections, ...Object.fromEntries(settings) };

  const parsed = StackConfig.check(...inStackRegion(config['aws:region'])).safeParse(sections, {
    error: errorMessages,
  });
  const problems = [
    ...stackNameProblems(namespace, stack),
    ...configProblems(sections, parsed.error?.issues ?? []),
    ...unencryptedSecrets(sections, (key) => secretKeys.has(prefix + key)),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new StackConfigError(problems);
}

interface RegionalConfig {
  readonly key: { readonly arn?: string | undefined };
  readonly domain?: { readonly certificateArn: string } | undefined;
}

const Keys = jsonText(z.array(z.string()));

/**
 * The keys of the configuration that hold something encrypted, as Pulumi tells a program: in full, e.g.
 * `crm-media-sync:twilio`. A key that holds several settings is told as a whole.
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
 * What has to be in the region of the stack.
 * @param region where it is configured: it may come from the environment as well, and is not known then
 */
function inStackRegion(region: string | undefined) {
  const isInRegion = (arn: string | undefined): boolean =>
    region === undefined || arn === undefined || parseArn(arn).region === region;
  const error = `must be in ${region}, the region of the stack (aws:region)`;
  const keyArn = ['key', 'arn'];
  const certificateArn = ['domain', 'certificateArn'];
  return [
    z.refine<RegionalConfig>(({ key }) => isInRegion(key.arn), {
      path: keyArn,
      error,
      ...whenValid(keyArn),
    }),
    z.refine<RegionalConfig>(({ domain }) => isInRegion(domain?.certificateArn), {
      path: certificateArn,
      error,
      ...whenValid(certificateArn),
    }),
  ];
}
