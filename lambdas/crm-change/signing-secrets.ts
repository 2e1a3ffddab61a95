import * as z from 'zod';
import { Unavailable } from './failures.ts';

const Several = z.array(z.string()).min(1);

const textsOf = (secret: string): unknown => {
  if (!secret.startsWith('[')) return [secret];
  try {
    return JSON.parse(secret);
  } catch {
    return undefined;
  }
};

/**
 * The signing secrets in a secret's text: one, or a JSON array of several while one is being
 * rotated out (the current one first). White space around a secret is not part of it.
 * @throws Unavailable when there is none or one is empty: with an empty secret anybody could sign.
 */
export const signingSecrets = (text: string, name: string): readonly string[] => {
  const parsed = Several.safeParse(textsOf(text.trim()));
  const secrets = parsed.data?.map((secret) => secret.trim());
  if (secrets === undefined || secrets.includes('')) {
    throw new Unavailable(
      `Secret ${name} must hold a signing secret, or a JSON array of such strings, none of them empty`,
    );
  }
  return secrets;
};
