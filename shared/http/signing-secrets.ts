import * as z from 'zod';
import { Unavailable } from './errors.ts';

const SecretList = z.array(z.string()).min(1);

/**
 * The signing secrets in a secret's text: one, or a JSON array of several while one is being
 * rotated out (the current one first). White space around a secret is not part of it.
 * @param problemOf what is wrong with a secret, if anything; never quotes it
 * @throws Unavailable when there is none, or one that must not be: with an empty or a published one
 * anybody could sign.
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
    return undefined;
  }
}
