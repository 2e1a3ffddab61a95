import { DEFAULT_PROVIDERS } from '@aws-lambda-powertools/parameters/base';
import { getSecret, SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';

const cacheSeconds = 300;

/** A webhook waits for this: a call that hangs is aborted, and made once more. */
const requestHandler = {
  connectionTimeout: 1000,
  requestTimeout: 1500,
  throwOnRequestTimeout: true,
};

/**
 * The text of a secret, by its name in Secrets Manager; read at most once in five minutes, so that a
 * rotated secret applies without a deployment.
 * @throws Error if there is no such secret, it is empty, or it cannot be read
 */
export async function readSecret(name: string): Promise<string> {
  // The provider that getSecret creates by default has no timeout.
  DEFAULT_PROVIDERS['secrets'] ??= new SecretsProvider({
    clientConfig: { maxAttempts: 2, requestHandler },
  });
  const secret = await getSecret(name, { maxAge: cacheSeconds });
  if (typeof secret !== 'string' || secret.trim() === '') {
    throw new Error(`Secret ${name} is empty: store a value in Secrets Manager`);
  }
  return secret;
}
