import * as z from 'zod';
import {
  defaultRouteThrottle,
  defaultTasksInParallel,
  maxDelaySeconds,
  minInstances,
  requestsPerTask,
} from '../../shared/config/limits.ts';
import { authTokenProblem } from '../../shared/http/auth-token-problem.ts';
import {
  httpsUrl,
  listOf,
  oneOrMoreSecrets,
  setCommand,
  text,
  trueOrFalse,
  whenValid,
  wholeNumber,
} from './setting.ts';

const maxRunbookUrlLength = 200;

/** Who is told of alarms, and where it says what to do. */
export const StackAlarms = z
  .strictObject({
    email: z.email('must be an e-mail address').optional().meta({
      value: 'an e-mail address',
      description:
        'Who is told of alarms; AWS first asks that address for its consent. Unset: nobody. What else is to be told (a pager, a chat) subscribes to the topic of the output `alarmTopicArn`.',
      example: 'oncall@example.com',
    }),
    runbookUrl: httpsUrl(
      `an https URL of ${maxRunbookUrlLength} characters at most, without a fragment`,
      maxRunbookUrlLength,
    )
      .refine((url) => !url.includes('#'), 'must not hold a fragment')
      .default('docs/runbook.md')
      .meta({
        description:
          'Where your copy of docs/runbook.md is shown. Each alarm ends with it and the heading that is about it; by default that is the file itself.',
        example: 'https://github.com/acme/crm-media-sync/blob/main/docs/runbook.md',
      }),
  })
  .prefault({})
  .meta({ description: 'Who is told when something is amiss, and where it says what to do.' });

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

const confirmationDelays = 'a list of two numbers of seconds at most, or 0 for no confirmation';

const confirmAfterSeconds = listOf(
  wholeNumber(0, maxDelaySeconds, 'number of seconds'),
  2,
  confirmationDelays,
)
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

const apiSecretText = 'the secret of that API key, as Twilio showed it once';

/** They stand beside the sources in a function's environment, which has little room. */
const maxTwilioUrlLength = 200;

/** Twilio as a stack configures it. */
export const StackTwilio = z
  .strictObject(
    {
      accountSid: sid('AC').meta({ description: 'The account that Flex is in.' }),
      workspaceSid: sid('WS').meta({ description: 'The TaskRouter Workspace that Flex uses.' }),
      apiKey: sid('SK').meta({
        description:
          'A restricted API key that reads and updates Tasks and lists their reservations, and no more ([which permissions](deploy.md#1-a-key-for-twilio-and-its-auth-token)).',
      }),
      apiSecret: z.string(`must be ${apiSecretText}`).min(1, `must be ${apiSecretText}`).meta({
        value: apiSecretText,
        description: 'What the API key is used with.',
        secret: true,
      }),
      // Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
      authToken: oneOrMoreSecrets(
        authTokenProblem,
        'must be the Auth Token that Twilio signs with, or a list of such while it is rotated',
      ).meta({
        value: 'the Auth Token, or a list of such while it is rotated',
        description:
          'What Twilio signs its events with: the primary one of the account, as API keys cannot verify signatures ([how it is rotated](deploy.md#afterwards)).',
        secret: true,
      }),
      taskRouterUrl: plainUrl().default('https://taskrouter.twilio.com').meta({
        description:
          'Where TaskRouter is. Another host for an account in a Twilio region other than us1.',
      }),
      taskEventsUrl: plainUrl().optional().meta({
        description:
          'Where Twilio is to send the events of TaskRouter, letter by letter, if that is not the API itself: a proxy, a domain of yours with a base path.',
        example: 'https://hooks.example.com/twilio/task-events',
      }),
    },
    'must hold accountSid, workspaceSid, apiKey, apiSecret and authToken',
  )
  .refine(({ apiSecret, authToken }) => !authToken.includes(apiSecret), {
    path: ['authToken'],
    error: "is the API key's secret: Twilio signs with the Auth Token of the account",
    ...whenValid(['apiSecret'], ['authToken']),
  })
  .meta({ description: 'The account and its Workspace, and what the stack calls Twilio with.' });

function sid(prefix: string) {
  return text(`${prefix} and 32 hex digits`, new RegExp(`^${prefix}[0-9a-fA-F]{32}$`)).meta({
    example: `${prefix}${'0'.repeat(32)}`,
  });
}

function plainUrl() {
  return httpsUrl(
    `an https URL of ${maxTwilioUrlLength} characters at most, without query, fragment, user name and password`,
    maxTwilioUrlLength,
  ).refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment');
}
