import * as z from 'zod';
import { Failure } from '../failure.ts';
import type { TwilioApiKey } from './deployment.ts';

const sid = (prefix: string) =>
  z
    .string({ error: 'is not set' })
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`);

const Variables = z.object({
  TWILIO_ACCOUNT_SID: sid('AC'),
  TWILIO_API_KEY: sid('SK'),
  TWILIO_API_SECRET: z.string({ error: 'is not set' }).min(1, 'is empty'),
});

/**
 * The operator's API key, from the environment.
 * @throws Failure that names all that is missing or wrong, and never what stands there.
 */
export const operatorApiKey = (
  environment: Readonly<Record<string, string | undefined>>,
): TwilioApiKey => {
  const parsed = Variables.safeParse(environment);
  if (!parsed.success) {
    throw new Failure(
      `The environment does not hold an API key of Twilio:\n${z.prettifyError(parsed.error)}`,
      'Set it to an API key of your own, made in the Twilio Console: Account > API keys & tokens.',
    );
  }
  const { TWILIO_ACCOUNT_SID, TWILIO_API_KEY, TWILIO_API_SECRET } = parsed.data;
  return {
    accountSid: TWILIO_ACCOUNT_SID,
    apiKey: TWILIO_API_KEY,
    apiSecret: TWILIO_API_SECRET,
  };
};
