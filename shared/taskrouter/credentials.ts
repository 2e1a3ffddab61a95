import * as z from 'zod';
import { jsonText } from '../json.ts';

/** What the Twilio secret holds: an API key of the account that owns the Workspace. */
const TwilioCredentials = z.strictObject({
  accountSid: z.string().regex(/^AC[0-9a-fA-F]{32}$/),
  apiKey: z.string().regex(/^SK[0-9a-fA-F]{32}$/),
  apiSecret: z.string().min(1),
});

type TwilioCredentials = z.infer<typeof TwilioCredentials>;

/**
 * Reads the credentials from the text of a secret.
 * @throws Error that says what is wrong and never what stands there.
 */
export function parseTwilioCredentials(secretName: string, text: string): TwilioCredentials {
  const parsed = jsonText(TwilioCredentials).safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Error(
    `Secret ${secretName} must hold {"accountSid","apiKey","apiSecret"} as JSON:\n${z.prettifyError(parsed.error)}`,
  );
}
