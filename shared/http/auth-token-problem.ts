/** Twilio's have 32 hexadecimal digits; that this is so for ever is not promised. */
const tokenPattern = /^[\x21-\x7e]{16,}$/;

/** Stands in examples everywhere, Twilio's own among them. */
const exampleTokens = new Set(['12345', 'your_auth_token', '0'.repeat(32), 'x'.repeat(32)]);

/** The other things of an account that people paste by mistake. */
const otherSid = /^(AC|SK|WS)[0-9a-fA-F]{32}$/;

/** What is wrong with an Auth Token, if anything; never quotes it. */
export function authTokenProblem(token: string): string | undefined {
  if (exampleTokens.has(token.toLowerCase())) {
    return 'is one of an example: anybody could sign with it; store your own';
  }
  if (tokenPattern.test(token) && !otherSid.test(token)) return undefined;
  return 'is no Auth Token: store the primary one of the account, as the Twilio Console shows it';
}
