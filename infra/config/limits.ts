import * as z from 'zod';
import {
  defaultRouteThrottle,
  minInstances,
  requestsPerTask,
} from '../../shared/config/numbers.ts';
import { wholeNumber, trueOrFalse } from './setting.ts';

/** What bounds the stack's work, and with it what a flood may cost. */
export const StackLimits = z
  .strictObject({
    twilioConcurrentRequests: wholeNumber(minInstances * requestsPerTask, 8000)
      .default(16)
      .meta({
        description:
          'How many requests to Twilio may be under way at once: the share of what the account may make that is for this stack. ' +
          `From it follows how many instances of the sync there are: it, divided by ${requestsPerTask} × \`sync.tasksInParallel\`.`,
      }),
    requestsPerSecond: wholeNumber(1, 10_000)
      .default(50)
      .meta({
        description: `How many requests a second a route takes: each source's URL, and that of Twilio's events. What is more is answered with 429. All other requests together are let have ${defaultRouteThrottle.requestsPerSecond}.`,
      }),
    burst: wholeNumber(1, 500).default(50).meta({
      description:
        'How many requests a route takes at one moment. For each of them the doors have an instance: `crm-change` as many for every source, `task-event` as many.',
    }),
    // Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    reserveConcurrency: trueOrFalse().default(true).meta({
      description:
        "Whether the concurrency of each function is kept for it out of the account's, so that a flood at the door cannot starve the sync. `false` where the account is too small for it: AWS leaves 100 for functions that keep none, and a new account may have 10 in all.",
    }),
  })
  .prefault({})
  .meta({ description: "What bounds the stack's work, and with it what a flood may cost." });
