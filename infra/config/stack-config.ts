import { RunError } from '@pulumi/pulumi/errors.js';
import * as z from 'zod';
import { describeProblems } from './problems.ts';
import { StackSources } from './sources.ts';
import { StackSync } from './sync.ts';
import { StackTwilio } from './twilio.ts';

/**
 * The days that CloudWatch Logs can keep logs for.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const Alarms = z
  .strictObject({
    /** Who is told of alarms. Subscribers of other kinds are made at the topic. */
    email: z.email('must be an e-mail address').optional(),
    /** Where docs/runbook.md is shown; each alarm ends with it and its heading. */
    runbookUrl: z
      .url({ protocol: /^https$/, error: 'must be an https URL' })
      .max(200, 'must not have more than 200 characters')
      .refine((url) => !url.includes('#'), 'must not hold a fragment')
      .default('docs/runbook.md'),
  })
  .prefault({});

const StackConfig = z.strictObject({
  sources: StackSources,
  twilio: StackTwilio,
  sync: StackSync,
  logs: z
    .strictObject({
      retentionDays: z
        .int()
        .refine(
          (days) => retentionDays.includes(days),
          `must be one of ${retentionDays.join(', ')}`,
        )
        .default(90),
    })
    .prefault({}),
  alarms: Alarms,
});
export type StackConfig = z.infer<typeof StackConfig>;

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
 * @throws RunError, which Pulumi shows without a stack trace: all that is wrong and how to set it
 *   right, with no value quoted.
 */
export const parseStackConfig = (
  namespace: string,
  config: Readonly<Record<string, string>>,
): StackConfig => {
  const prefix = `${namespace}:`;
  const own = Object.entries(config)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), jsonOrText(value)]);
  const parsed = StackConfig.safeParse(Object.fromEntries(own));
  if (parsed.success) return parsed.data;
  throw new RunError(describeProblems(parsed.error.issues));
};
