import * as z from 'zod';
import { jsonText } from '../json.ts';

/** The Twilio secret: an API key of the account that owns the Workspace. */
const TwilioCredentials = z.strictObject({
  accountSid: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  apiKey: z.string().regex(/^SK[0-9a-fA-F]{32}$/),
  apiSecret: z.string().min(1),
});

type TwilioCredentials = z.infer<typeof TwilioCredentials>;

/**
 * Parses the text of a secret.
 * @throws Error that says which fields are wrong, without their values
 */
export function parseTwilioCredentials(secretName: string, text: string): TwilioCredentials {
  const parsed = jsonText(TwilioCredentials).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Error(
    `Secret ${secretName} must hold {"accountSid","apiKey","apiSecret"} as JSON:\n${z.prettifyError(parsed.error)}`,
  );
}
