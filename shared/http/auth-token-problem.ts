/** What is wrong with an Auth Token, if anything; never quotes it. */
export function authTokenProblem(token: string): string | undefined {
  if (exampleTokens.has(token.toLowerCase())) return isExample;
  if (tokenPattern.test(token) && !otherSid.test(token)) return undefined;
  return "is not an Auth Token: store the account's primary Auth Token from the Twilio Console";
}

/** What is wrong with the secret of a SharedKey, if anything; never quotes it. */
export function sharedKeyProblem(secret: string): string | undefined {
  if (exampleTokens.has(secret.toLowerCase())) return isExample;
  return tokenPattern.test(secret) && !otherSid.test(secret)
    ? undefined
    : 'is not the secret of a SharedKey: store the one that Twilio showed when the SharedKey was created';
}

/** Twilio's Auth Tokens have 32 hexadecimal digits today; Twilio does not promise it. */
const tokenPattern = /^[\x21-\x7e]{16,}$/;

const isExample = 'is an example value: anybody could sign with it; store your own';

/** From examples, Twilio's own among them. */
const exampleTokens = new Set(['12345', 'your_auth_token', '0'.repeat(32), 'x'.repeat(32)]);

/** Other values of an account that people paste by mistake. */
const otherSid = /^((AC|SK|WS)[0-9a-fA-F]{32}|webhooks_\w+)$/;
