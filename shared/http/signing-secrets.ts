import * as z from 'zod';
import { Unavailable } from './errors.ts';

/** Returns the text of a secret, by its name. */
export type ReadSecret = (name: string) => Promise<string>;

/**
 * Reads the signing secrets that a secret in Secrets Manager contains: `signingSecrets`.
 * @throws Unavailable if the secret cannot be read, or contains no allowed signing secret
 */
export async function readSigningSecrets(
  name: string,
  readSecret: ReadSecret,
  problemOf: (secret: string) => string | undefined,
): Promise<readonly string[]> {
  const text = await readSecret(name).catch((cause: unknown) => {
    throw new Unavailable(`Secret ${name} cannot be read`, { cause });
  });
  return signingSecrets(text, name, problemOf);
}

const SecretList = z.array(z.string()).min(1);

/**
 * The signing secrets in a secret's text: one, or a JSON array of several during a rotation (the current one
 * first). White space around a secret is removed.
 * @param problemOf returns why a secret is not allowed, or undefined. The text never quotes the secret
 * @throws Unavailable if there is none, or if one is not allowed. Anybody could sign with an empty or a published
 * secret
 */
export function signingSecrets(
  text: string,
  name: string,
  problemOf: (secret: string) => string | undefined,
): readonly string[] {
  const secrets = SecretList.safeParse(splitSecrets(text.trim())).data?.map((secret) =>
    secret.trim(),
  );
  if (secrets === undefined) {
    throw new Unavailable(
      `Secret ${name} must hold a signing secret, or a JSON array of such strings`,
    );
  }
  for (const [index, secret] of secrets.entries()) {
    const problem = problemOf(secret);
    const which = secrets.length > 1 ? ` (number ${index + 1})` : '';
    if (problem !== undefined) throw new Unavailable(`Secret ${name}${which} ${problem}`);
  }
  return secrets;
}

function splitSecrets(secret: string): unknown {
  if (!secret.startsWith('[')) return [secret];
  try {
    return JSON.parse(secret);
  } catch {
    // The caller names the forms that a secret can have.
  }
  return undefined;
}

/** Why an Auth Token is not allowed, or undefined. The text never quotes it. */
export function authTokenProblem(token: string): string | undefined {
  if (exampleTokens.has(token.toLowerCase())) return isExample;
  if (tokenPattern.test(token) && !otherSid.test(token)) return undefined;
  return "is not an Auth Token: store the account's primary Auth Token from the Twilio Console";
}

/** Why the secret of a SharedKey is not allowed, or undefined. The text never quotes it. */
export function sharedKeyProblem(secret: string): string | undefined {
  if (exampleTokens.has(secret.toLowerCase())) return isExample;
  return tokenPattern.test(secret) && !otherSid.test(secret)
    ? undefined
    : 'is not the secret of a SharedKey: store the one that Twilio showed when the SharedKey was created';
}

/** Twilio's Auth Tokens have 32 hexadecimal digits today. Twilio does not promise that. */
const tokenPattern = /^[\x21-\x7e]{16,}$/;

const isExample = 'is an example value: anybody could sign with it; store your own';

/** Values from examples, also from Twilio's own. */
const exampleTokens = new Set(['12345', 'your_auth_token', '0'.repeat(32), 'x'.repeat(32)]);

/** Other values of an account that people paste by mistake. */
const otherSid = /^((AC|SK|WS)[0-9a-fA-F]{32}|webhooks_\w+)$/;
