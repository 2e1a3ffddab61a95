import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Unavailable } from '../http/errors.ts';
import type { ReadSecret } from '../http/signing-secrets.ts';
import { createAwsClient } from './client.ts';

interface SecretReaderOptions {
  logger: Pick<Logger, 'warn'>;
  metrics: Pick<Metrics, 'singleMetric'>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Secrets Manager by default. */
  fetchSecret?: ReadSecret;
}

/** The last value of a secret, and when it was read. Times are milliseconds since 1970. */
interface LastValue {
  text: string;
  readAt: number;
  /** When reads started to fail after that, and when the last read failed. */
  failures?: { since: number; lastAt: number };
}

/**
 * Reads a secret by its name in Secrets Manager, at most once in five minutes. So a rotated secret applies without
 * a deployment.
 *
 * While Secrets Manager does not respond, the cached value is used, for an hour after it was read. Each failed try
 * logs a warning and counts `SecretRefreshFailed`. After that hour the value is not used, because somebody may have
 * withdrawn it. If Secrets Manager responds that the secret does not exist or must not be read, the cached value is
 * dropped at once.
 *
 * @returns rejects if the secret does not exist, is empty, or cannot be read and there is no cached value
 */
export function createSecretReader({
  logger,
  metrics,
  now,
  fetchSecret = createSecretFetcher(),
}: SecretReaderOptions): ReadSecret {
  const lastValues = new Map<string, LastValue>();

  const useLast = (name: string, { text, readAt, failures }: LastValue, error: unknown): string => {
    const at = now();
    const since = failures?.since ?? at;
    lastValues.set(name, { text, readAt, failures: { since, lastAt: at } });
    logger.warn('secret refresh failed, using cached credentials', {
      secret: name,
      error: error instanceof Error ? error.name : typeof error,
      failingSince: new Date(since).toISOString(),
      usedUntil: new Date(readAt + keepMs).toISOString(),
    });
    metrics.singleMetric().addMetric('SecretRefreshFailed', 'Count', 1);
    return text;
  };

  return async (name) => {
    const last = lastValues.get(name);
    const isKept = last !== undefined && now() - last.readAt < keepMs;
    if (isKept && !isDue(last, now())) return last.text;
    try {
      const text = await fetchSecret(name);
      if (text.trim() === '') {
        throw new Unavailable(`Secret ${name} is empty: store a value in Secrets Manager`);
      }
      lastValues.set(name, { text, readAt: now() });
      return text;
    } catch (error) {
      if (isKept && !isRefusal(error)) return useLast(name, last, error);
      lastValues.delete(name);
      throw error;
    }
  };
}

const cacheMs = 5 * 60_000;

/** How long a value is used after it was read. */
const keepMs = 60 * 60_000;

/** The wait after a failure. A webhook waits up to three seconds for each try, so tries must be rare. */
const retryMs = 30_000;

/** Whether it is time to read a secret again. */
function isDue({ readAt, failures }: LastValue, at: number): boolean {
  return failures === undefined ? at - readAt >= cacheMs : at - failures.lastAt >= retryMs;
}

/** A webhook waits for this request. So a request that takes too long is aborted and made once more. */
const limits = { maxAttempts: 2, connectionTimeout: 1000, requestTimeout: 1500 };

const service = { version: '1.1', target: 'secretsmanager' } as const;

function createSecretFetcher(): ReadSecret {
  const client = createAwsClient(service, limits, (options) => new SecretsManagerClient(options));
  return async (SecretId) => {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }));
    return SecretString;
  };
}

/**
 * The errors of Secrets Manager if the secret was deleted, or this function may not read it. A deletion takes
 * effect days later. Until then, the error is InvalidRequestException.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
const refusals = ['ResourceNotFoundException', 'InvalidRequestException', 'AccessDeniedException'];

function isRefusal(error: unknown): boolean {
  return error instanceof Unavailable || (error instanceof Error && refusals.includes(error.name));
}
