import * as z from 'zod';
import { longestDelaySeconds } from '../../shared/config/numbers.ts';

const wait = `must be a whole number of seconds, 0 to ${longestDelaySeconds}`;

const confirmAfterSeconds = z
  .array(
    z.int(wait).min(0, wait).max(longestDelaySeconds, wait),
    'must be a list of two numbers of seconds at most, or 0 for no confirmation',
  )
  .max(2, 'must hold two numbers of seconds at most')
  .transform((waits) => waits.filter((seconds) => seconds > 0))
  .refine(
    ([first = 0, second]) => second === undefined || first < second,
    'must ascend: both are counted from the write',
  );

/** The sync as a stack configures it. */
export const StackSync = z
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
    /** When what was written is looked at again, in seconds after the write; 0 is never. */
    confirmAfterSeconds: z
      .preprocess((given) => (given === 0 ? [] : given), confirmAfterSeconds)
      .default([20, 90]),
  })
  .refine(
    ({ maximumConcurrency, reservedConcurrency = maximumConcurrency }) =>
      reservedConcurrency >= maximumConcurrency,
    { path: ['reservedConcurrency'], error: 'must not be less than sync.maximumConcurrency' },
  )
  .prefault({});
