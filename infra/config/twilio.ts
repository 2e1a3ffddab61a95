import * as z from 'zod';
import { authTokenProblem } from '../../lambdas/task-event/auth-token-problem.ts';
import { whenValid } from './about.ts';
import { oneOrMoreSecrets } from './secret-or-several.ts';
import { httpsUrl, text } from './setting.ts';

const sid = (prefix: string) =>
  text(`${prefix} and 32 hex digits`, new RegExp(`^${prefix}[0-9a-fA-F]{32}$`)).meta({
    example: `${prefix}${'0'.repeat(32)}`,
  });

const apiSecretText = 'the secret of that API key, as Twilio showed it once';

/** They stand beside the sources in a function's environment, which has little room. */
const maxTwilioUrlLength = 200;

const plainUrl = () =>
  httpsUrl(
    `an https URL of ${maxTwilioUrlLength} characters at most, without query, fragment, user name and password`,
    maxTwilioUrlLength,
  ).refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment');

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
