import { getSecret } from '@aws-lambda-powertools/parameters/secrets';

const cachedSeconds = 300;

/**
 * The text of a secret, by its name in Secrets Manager; asked at most once in five minutes, so that
 * a rotated secret is in force without a deployment.
 * @throws Error when there is no such secret, it is empty, or it cannot be read.
 */
export const readSecret = async (name: string): Promise<string> => {
  const secret = await getSecret(name, { maxAge: cachedSeconds });
  if (typeof secret !== 'string' || secret.trim() === '') {
    throw new Error(`Secret ${name} is empty: store a value in Secrets Manager`);
  }
  return secret;
};
