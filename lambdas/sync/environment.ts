import * as z from 'zod';
import { defaultTasksInParallel, maxDelaySeconds } from '../../shared/config/numbers.ts';

/** What the sync function reads from its environment. */
export const SyncEnvironment = z.object({
  QUEUE_URL: z.url(),
  DEAD_LETTER_QUEUE_URL: z.url(),
  /** Name of the secret that holds `TwilioCredentials` as JSON. */
  TWILIO_SECRET: z.string().min(1),
  WORKSPACE_SID: z.string().regex(/^WS[0-9a-fA-F]{32}$/),
  TASKROUTER_URL: z.url().default('https://taskrouter.twilio.com'),
  /**
   * This function instance's share of the account's 3 evaluations a second.
   * Source: https://www.twilio.com/en-us/changelog/taskrouter-endpoint-rate-limit-correction
   */
  EVALUATIONS_PER_SECOND: z.coerce.number().positive().max(1000).default(3),
  /** When each write is looked at again, in seconds after it, e.g. `20,90`. Empty or 0: never. */
  CONFIRM_AFTER_SECONDS: z
    .string()
    .default('20,90')
    .transform((text) =>
      text.split(',').flatMap((part) => (part.trim() === '' ? [] : Number(part))),
    )
    .pipe(z.array(z.int().min(0).max(maxDelaySeconds)))
    .transform((delays) => delays.filter((delay) => delay > 0).sort((one, other) => one - other)),
  /** How long one request to Twilio may take, in milliseconds: less than the deadline keeps for it. */
  TWILIO_TIMEOUT_MS: z.coerce.number().int().min(100).max(5000).default(5000),
  /** How many Tasks one invocation works on at a time. */
  TASKS_IN_PARALLEL: z.coerce.number().int().min(1).max(64).default(defaultTasksInParallel),
});
export type SyncEnvironment = z.infer<typeof SyncEnvironment>;
