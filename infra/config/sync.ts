import * as z from 'zod';
import { defaultTasksInParallel, maxDelaySeconds } from '../../shared/config/numbers.ts';
import { setCommand } from './commands.ts';
import { listOf, wholeNumber } from './setting.ts';

const confirmationDelays = 'a list of two numbers of seconds at most, or 0 for no confirmation';

const confirmAfterSeconds = listOf(wholeNumber(0, maxDelaySeconds, 'number of seconds'), 2, confirmationDelays)
  .refine(([first = 0, second = 0]) => first === 0 || second === 0 || first < second, {
    error: 'must ascend: both are counted from the write',
    params: { command: setCommand(['sync', 'confirmAfterSeconds', 0]) },
  })
  .transform((seconds) => seconds.filter((each) => each > 0));

/** The sync as a stack configures it. */
export const StackSync = z
  .strictObject({
    tasksInParallel: wholeNumber(1, 64)
      .default(defaultTasksInParallel)
      .meta({ description: 'How many Tasks each instance works on at once.' }),
    confirmAfterSeconds: z
      .preprocess((given) => (given === 0 ? [] : given), confirmAfterSeconds)
      .default([20, 90])
      .meta({
        value: `one or two whole numbers of seconds, ${maxDelaySeconds} at most, ascending; 0 for never`,
        description:
          'When a link that was written is looked at again, as another writer may have wiped it: in seconds after the write.',
      }),
  })
  .prefault({})
  .meta({ description: 'How tickets are put on the segments of their Tasks.' });
