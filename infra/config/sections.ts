import * as z from 'zod';
import {
  defaultConcurrentRequests,
  defaultRouteThrottle,
  maxDelaySeconds,
  minConcurrentRequests,
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
        'Email address that receives alarms, after it confirms. A pager or a chat subscribes to the topic in the output `alarmTopicArn`.',
    }),
    runbookUrl: httpsUrl(
      `an https URL of ${maxRunbookUrlLength} characters at most, without a fragment`,
      maxRunbookUrlLength,
    )
      .refine((url) => !url.includes('#'), 'must not hold a fragment')
      .default('docs/runbook.md')
      .meta({
        description:
          'URL of your copy of the runbook. Each alarm description ends with it and the heading of the alarm.',
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
          'Maximum concurrent requests to Twilio: the share of this stack in the account limit.',
      }),
    requestsPerSecond: wholeNumber(1, 10_000)
      .default(50)
      .meta({
        description: `Requests per second of each source, and of Twilio events. API Gateway answers more with 429. Other requests together get ${defaultRouteThrottle.requestsPerSecond}.`,
      }),
    burst: wholeNumber(1, 500).default(50).meta({
      description:
        'Burst limit, likewise. `crm-change` reserves that many instances per source, `task-event` that many.',
    }),
    // Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    reserveConcurrency: trueOrFalse().default(true).meta({
      description:
        'Whether each function reserves its concurrency: then a flood of webhooks cannot stop `sync`. Set `false` if [the account limit is too small](deploy.md#room-for-the-functions).',
    }),
  })
  .prefault({})
  .meta({
    description: 'Limits of requests and instances. They also limit the cost of a flood.',
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
        value: `one or two whole numbers, ascending, ${maxDelaySeconds} at most; 0 for never`,
        description:
          'Seconds after a write when `sync` checks that the link is still there. With `sync.taskEvents`, a Task that is not finished is checked once, at the last of these times.',
      }),
    taskEvents: trueOrFalse().default(true).meta({
      description:
        'Whether Twilio sends TaskRouter events to the stack (`npm run ops -- connect`). With `false`, `sync` looks for later segments when it checks a write, with more requests.',
    }),
  })
  .prefault({})
  .meta({ description: 'How `sync` writes ticket links to segments.' });

const apiSecretText = 'the secret that Twilio showed with the API key';

/** The URL is in the environment of a function beside the sources, and that environment has little room. */
const maxTwilioUrlLength = 200;

/** The Twilio account and its credentials. */
export const StackTwilio = z
  .strictObject(
    {
      accountSid: sid('AC').meta({ description: 'The account that Flex is in.' }),
      workspaceSid: sid('WS').meta({ description: 'The TaskRouter Workspace that Flex uses.' }),
      apiKey: sid('SK').meta({
        description:
          'A restricted API key ([permissions](deploy.md#1-a-key-for-twilio-and-its-auth-token)); outside us1 a standard one.',
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
          'The primary Auth Token of the account. Twilio signs its events with it ([rotation](changes.md#the-auth-token)).',
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
            'The secret of a [SharedKey](task-events.md#sharedkeys), if Twilio signs with one instead of the Auth Token.',
          secret: true,
        }),
      taskRouterUrl: plainUrl().default('https://taskrouter.twilio.com').meta({
        description: 'URL of TaskRouter, if the account is in a Twilio region other than us1.',
      }),
      taskEventsUrl: plainUrl().optional().meta({
        description:
          'Exact URL to which Twilio sends TaskRouter events, if it is not that of the API: a proxy, a base path.',
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
  return text(`${prefix} and 32 hex digits`, new RegExp(`^${prefix}[0-9a-fA-F]{32}$`));
}

function plainUrl() {
  return httpsUrl(
    `an https URL of ${maxTwilioUrlLength} characters at most, without query, fragment, user name and password`,
    maxTwilioUrlLength,
  ).refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment');
}
