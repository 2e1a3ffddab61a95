import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { HttpError, Unavailable } from '../../shared/door/failures.ts';
import { parseJsonBody } from '../../shared/door/parse-json.ts';
import { type RawRequest, readRequest } from '../../shared/door/raw-request.ts';
import { signingSecrets } from '../../shared/door/signing-secrets.ts';
import type { ConfiguredSource } from './open-source.ts';
import { secretProblem } from './secret-problem.ts';
import type { HttpSource } from './sources/source.ts';

export interface CrmAuthOptions {
  /** The text of a secret, by its name. */
  readonly readSecret: (name: string) => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const json = { contentTypes: ['application/json'], read: parseJsonBody };

/** What the body of a source's requests is, and how it is read. */
export const bodyFormat = (source: HttpSource): NonNullable<HttpSource['body']> =>
  source.body ?? json;

const requireHeaders = ({ headers }: RawRequest, names: readonly string[]): void => {
  const missing = names.filter((name) => !headers.get(name));
  if (missing.length === 0) return;
  throw new HttpError('malformed', `These headers are missing: ${missing.join(', ')}`);
};

/**
 * What a request says, once it is known to be genuine: size, content type and headers, then the
 * signature over the raw bytes, and only then is a byte of it parsed.
 * @throws Refusal or Unavailable.
 */
export const authenticateCrmRequest = async (
  event: APIGatewayProxyEventV2,
  pathToken: string | undefined,
  { config, source }: ConfiguredSource<HttpSource>,
  { readSecret, now }: CrmAuthOptions,
): Promise<unknown> => {
  const { contentTypes, read } = bodyFormat(source);
  const request = readRequest(event, contentTypes, pathToken);
  requireHeaders(request, source.requiredHeaders);
  const name = config.secret ?? '';
  const text = await readSecret(name).catch((cause: unknown) => {
    throw new Unavailable(`Secret ${name} cannot be read`, { cause });
  });
  const secrets = signingSecrets(text, name, (secret) => secretProblem(source, secret));
  if (!source.authenticate(request, secrets, now(), config)) {
    throw new HttpError('unauthenticated', 'Not authenticated');
  }
  return read(request.body);
};
