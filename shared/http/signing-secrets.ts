import * as z from 'zod';
import { Unavailable } from './errors.ts';

/** Gives the text of a secret, by its name. */
export type ReadSecret = (name: string) => Promise<string>;

/**
 * Reads the signing secrets that a secret holds: `signingSecrets`.
 * @throws Unavailable if the secret cannot be read, or holds none that may be used.
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
 * The signing secrets in a secret's text: one, or a JSON array of several during a rotation (the
 * current one first). White space around a secret is not part of it.
 * @param problemOf what is wrong with a secret, if anything; never quotes it
 * @throws Unavailable if there is none, or if one is not allowed: with an empty or a published one
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
