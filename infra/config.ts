import { RunError } from '@pulumi/pulumi/errors.js';
import * as z from 'zod';
import { describeProblems } from './config-problems.ts';
import { StackSources } from './source-config.ts';

const sid = (prefix: string) => {
  const wanted = `must be ${prefix} and 32 hex digits`;
  return z.string(wanted).regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), wanted);
};

/**
 * The days that CloudWatch Logs can keep logs for.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const StackConfig = z.strictObject({
  sources: StackSources,
  twilio: z.strictObject(
    {
      accountSid: sid('AC'),
      apiKey: sid('SK'),
      apiSecret: z.string().min(1),
      workspaceSid: sid('WS'),
      /** Where TaskRouter is, for an account in a Twilio region other than us1. */
      taskRouterUrl: z
        .url({ protocol: /^https$/, error: 'must be an https URL' })
        .default('https://taskrouter.twilio.com'),
    },
    'must hold accountSid, apiKey, apiSecret and workspaceSid',
  ),
  sync: z
    .strictObject({
      /**
       * How many instances of the function work on the queue at once.
       * Source: https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
       */
      maximumConcurrency: z.int().min(2).max(1000).default(2),
      tasksInParallel: z.int().min(1).max(64).default(4),
      /**
       * Not set by default: `maximumConcurrency` is the bound already, and what is reserved is taken
       * from the other functions of the account. Less than it makes Lambda turn messages away, and
       * each time counts as a try.
       * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
       */
      reservedConcurrency: z.int().optional(),
    })
    .refine(
      ({ maximumConcurrency, reservedConcurrency = maximumConcurrency }) =>
        reservedConcurrency >= maximumConcurrency,
      { path: ['reservedConcurrency'], error: 'must not be less than sync.maximumConcurrency' },
    )
    .prefault({}),
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
