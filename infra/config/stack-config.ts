import * as z from 'zod';
import { minInstances, requestsPerTask } from '../../shared/config/numbers.ts';
import { whenValid } from './about.ts';
import { StackAlarms } from './alarms.ts';
import { StackDomain } from './domain.ts';
import { inStackRegion } from './in-region.ts';
import { StackKeep } from './keep.ts';
import { StackKey } from './key.ts';
import { StackLimits } from './limits.ts';
import { StackLogs } from './logs.ts';
import { errorMessages } from './plain-words.ts';
import { configProblems } from './problems.ts';
import { StackConfigError } from './stack-config-error.ts';
import { stackNameProblems } from './stack-name.ts';
import { StackSources } from './stack-sources.ts';
import { StackSync } from './sync.ts';
import { StackTags } from './tags.ts';
import { StackTwilio } from './twilio.ts';
import { unencryptedSecrets } from './unencrypted.ts';
import { StackVpc } from './vpc.ts';

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

const jsonOrText = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

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
export const parseStackConfig = (
  namespace: string,
  config: Readonly<Record<string, string>>,
  secretKeys: ReadonlySet<string>,
  stack: string,
): StackConfig => {
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
};
