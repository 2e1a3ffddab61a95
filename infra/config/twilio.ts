import * as z from 'zod';
import { authTokenProblem } from '../../lambdas/task-event/auth-token-problem.ts';
import { secretOrSeveral } from './secret-or-several.ts';

const sid = (prefix: string) => {
  const wanted = `must be ${prefix} and 32 hex digits`;
  return z.string(wanted).regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), wanted);
};

const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https URL' });

/** It stands beside the sources in a function's environment, which has little room. */
const longestUrl = 200;

/** Twilio as a stack configures it. */
export const StackTwilio = z
  .strictObject(
    {
      accountSid: sid('AC'),
      apiKey: sid('SK'),
      apiSecret: z.string().min(1),
      /**
       * What Twilio signs events with, the primary one of the account: API keys cannot verify that.
       * Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
       */
      authToken: secretOrSeveral(
        authTokenProblem,
        'must be the Auth Token that Twilio signs with, or a list of such while it is rotated',
      ),
      workspaceSid: sid('WS'),
      /** Where TaskRouter is, for an account in a Twilio region other than us1. */
      taskRouterUrl: httpsUrl.default('https://taskrouter.twilio.com'),
      /** Where Twilio sends events to, where that is not the API itself: a proxy, a base path. */
      taskEventsUrl: httpsUrl
        .max(longestUrl, `must not have more than ${longestUrl} characters`)
        .refine((url) => !/[?#]/.test(url), 'must hold neither a query nor a fragment')
        .refine((url) => !/\/\/[^/]*@/.test(url), 'must not hold a user name or a password')
        .optional(),
    },
    'must hold accountSid, apiKey, apiSecret, authToken and workspaceSid',
  )
  .refine(({ apiSecret, authToken }) => !authToken.includes(apiSecret), {
    path: ['authToken'],
    error: "is the API key's secret: Twilio signs with the Auth Token of the account",
  });
