import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ConfiguredSource } from '../../shared/crm/config.ts';
import { secretProblem } from '../../shared/crm/signing/secret-problem.ts';
import type { HttpSource } from '../../shared/crm/source.ts';
import { HttpError, Unavailable } from '../../shared/http/errors.ts';
import { parseJsonBody, type RawRequest, readRequest } from '../../shared/http/request.ts';
import { signingSecrets } from '../../shared/http/signing-secrets.ts';

export interface CrmAuthOptions {
  /** The text of a secret, by its name. */
  readonly readSecret: (name: string) => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const json = { contentTypes: ['application/json'], read: parseJsonBody };

/** What the body of a source's requests is, and how it is read. */
export function bodyFormat(source: HttpSource): NonNullable<HttpSource['body']> {
  return source.body ?? json;
}

/**
 * What a request says, once it is known to be genuine: size, content type and headers, then the
 * signature over the raw bytes, and only then is a byte of it parsed.
 * @throws Refusal or Unavailable.
 */
export async function authenticateCrmRequest(
  event: APIGatewayProxyEventV2,
  pathToken: string | undefined,
  { config, source }: ConfiguredSource<HttpSource>,
  { readSecret, now }: CrmAuthOptions,
): Promise<unknown> {
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
}

/** Anybody may send anything here: what is no plain id is not repeated. */
const plainId = /^[A-Za-z0-9._:-]{1,128}$/;

/** What the sender calls this delivery, so that our log and its own can be laid side by side. */
export function deliveryId(
  { headers }: APIGatewayProxyEventV2,
  source: HttpSource | undefined,
): string | undefined {
  const headerName = source?.deliveryHeader;
  if (headerName === undefined) return undefined;
  const [, id = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === headerName) ?? [];
  return plainId.test(id) ? id : undefined;
}

function requireHeaders({ headers }: RawRequest, names: readonly string[]): void {
  const missing = names.filter((name) => !headers.get(name));
  if (missing.length === 0) return;
  throw new HttpError('malformed', `These headers are missing: ${missing.join(', ')}`);
}
