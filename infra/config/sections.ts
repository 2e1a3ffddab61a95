import * as z from 'zod';
import {
  defaultConcurrentRequests,
  defaultRouteThrottle,
  maxDelaySeconds,
  minConcurrentRequests,
  syncConcurrency,
} from '../../shared/config/limits.ts';
import { authTokenProblem, sharedKeyProblem } from '../../shared/http/signing-secrets.ts';
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

/** Who receives alarms, and where the runbook is. */
export const StackAlarms = z
  .strictObject({
    email: z.email('must be an e-mail address').optional().meta({
      value: 'an e-mail address',
      description:
        'Email address that receives alarms. SNS first asks it to confirm. Default: none. Other receivers (a pager, a chat) subscribe to the topic of the output `alarmTopicArn`.',
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
          'URL of your copy of docs/runbook.md. Each alarm description ends with this URL and the heading of the alarm. Default: the path of the file.',
        example: 'https://github.com/acme/crm-media-sync/blob/main/docs/runbook.md',
      }),
  })
  .prefault({})
  .meta({ description: 'Who receives alarms, and where the runbook is.' });

/** Limits of the work of the stack, and with it of the cost of a flood of requests. */
export const StackLimits = z
  .strictObject({
    twilioConcurrentRequests: wholeNumber(minConcurrentRequests, 6000)
      .default(defaultConcurrentRequests)
      .meta({
        description:
          'Maximum concurrent requests to Twilio: the share of the account limit for this stack. ' +
          `At most ${syncConcurrency} instances of \`sync\` share them, five eighths for changes and three for lookups.`,
      }),
    requestsPerSecond: wholeNumber(1, 10_000)
      .default(50)
      .meta({
        description: `Requests per second of each route: the URL of each source, and that of Twilio events. API Gateway answers more with 429. All other requests together get ${defaultRouteThrottle.requestsPerSecond}.`,
      }),
    burst: wholeNumber(1, 500).default(50).meta({
      description:
        'Burst limit of each route. `crm-change` reserves that many instances per source, `task-event` as many.',
    }),
    // Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    reserveConcurrency: trueOrFalse().default(true).meta({
      description:
        'Whether each function reserves its concurrency, so that a flood of webhooks cannot starve `sync`. Set `false` if the account limit is too small: AWS keeps 100 unreserved, and a new account may have 10 in all.',
    }),
  })
  .prefault({})
  .meta({
    description: 'Limits of the work of the stack, and with it of the cost of a flood of requests.',
  });

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

/** Settings of the sync function. */
export const StackSync = z
  .strictObject({
    confirmAfterSeconds: z
      .preprocess((given) => (given === 0 ? [] : given), confirmAfterSeconds)
      .default([20, 90])
      .meta({
        value: `one or two whole numbers of seconds, ${maxDelaySeconds} at most, ascending; 0 for never`,
        description:
          'When `sync` confirms a written link, because another writer may have removed it: seconds after the write. With `sync.taskEvents` a Task that goes on is confirmed by the last of them alone.',
      }),
    taskEvents: trueOrFalse().default(true).meta({
      description:
        'Whether Twilio sends TaskRouter events to the stack, as `npm run ops -- connect` sets up. If not, set `false`: `sync` then looks for later segments when it confirms a link, which takes more requests to Twilio.',
    }),
  })
  .prefault({})
  .meta({ description: 'How `sync` writes ticket links to segments.' });

const apiSecretText = 'the secret of that API key, as Twilio showed it once';

/** The URLs share the environment of a function with the sources, and it has little room. */
const maxTwilioUrlLength = 200;

/** The Twilio account and its credentials. */
export const StackTwilio = z
  .strictObject(
    {
      accountSid: sid('AC').meta({ description: 'The account that Flex is in.' }),
      workspaceSid: sid('WS').meta({ description: 'The TaskRouter Workspace that Flex uses.' }),
      apiKey: sid('SK').meta({
        description:
          'A restricted API key. It needs to read and update Tasks and list their reservations ([permissions](deploy.md#1-a-key-for-twilio-and-its-auth-token)).',
      }),
      apiSecret: z.string(`must be ${apiSecretText}`).min(1, `must be ${apiSecretText}`).meta({
        value: apiSecretText,
        description: 'The secret of the API key.',
        secret: true,
      }),
      // Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
      authToken: oneOrMoreSecrets(
        authTokenProblem,
        'must be the Auth Token that Twilio signs with, or a list of Auth Tokens during a rotation',
      ).meta({
        value: 'the Auth Token, or a list during a rotation',
        description:
          'The primary Auth Token of the account, with which Twilio signs its events. API keys cannot verify signatures ([rotation](deploy.md#afterwards)).',
        secret: true,
      }),
      // Source: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
      sharedKeySecret: oneOrMoreSecrets(
        sharedKeyProblem,
        'must be the secret of a SharedKey, or a list of secrets during a rotation',
      )
        .optional()
        .meta({
          value: 'the secret of the SharedKey, or a list during a rotation',
          description:
            'The secret of the SharedKey, if a Webhooks Rule of the account has Twilio sign with one in place of the Auth Token ([SharedKeys](task-events.md#sharedkeys)).',
          secret: true,
        }),
      taskRouterUrl: plainUrl().default('https://taskrouter.twilio.com').meta({
        description:
          'URL of TaskRouter. It differs for an account in a Twilio region other than us1.',
      }),
      taskEventsUrl: plainUrl().optional().meta({
        description:
          'Exact URL to which Twilio sends TaskRouter events, if it is not the API itself: a proxy, a domain with a base path.',
        example: 'https://hooks.example.com/twilio/task-events',
      }),
    },
    'must hold accountSid, workspaceSid, apiKey, apiSecret and authToken',
  )
  .refine(({ apiSecret, authToken }) => !authToken.includes(apiSecret), {
    path: ['authToken'],
    error: 'is the secret of the API key: Twilio signs with the Auth Token of the account',
    ...whenValid(['apiSecret'], ['authToken']),
  })
  .meta({ description: 'The account, its Workspace and its credentials.' });

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
