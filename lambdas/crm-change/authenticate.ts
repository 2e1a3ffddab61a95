import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ConfiguredSource } from '../../shared/crm/config.ts';
import { bodyFormat, type HttpSource, secretProblem } from '../../shared/crm/source.ts';
import { HttpError } from '../../shared/http/errors.ts';
import { headersOf, readRequest, requireHeaders } from '../../shared/http/request.ts';
import { type ReadSecret, readSigningSecrets } from '../../shared/http/signing-secrets.ts';

export interface CrmAuthOptions {
  readSecret: ReadSecret;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Verifies a request, then parses its body. The order is: size, content type, headers, then the signature over the
 * raw bytes. No byte of the body is parsed before that.
 * @throws HttpError or Unavailable
 */
export async function authenticateCrmRequest(
  event: APIGatewayProxyEventV2,
  pathToken: string | undefined,
  { config, source }: ConfiguredSource<HttpSource>,
  { readSecret, now }: CrmAuthOptions,
): Promise<unknown> {
  const { contentTypes, parse } = bodyFormat(source);
  const request = readRequest(event, contentTypes, pathToken, source.maxBodyBytes);
  requireHeaders(request, source.requiredHeaders);
  // Stryker disable next-line StringLiteral: each HTTP source has a secret.
  const secrets = await readSigningSecrets(config.secret ?? '', readSecret, (secret) =>
    secretProblem(source, secret),
  );
  const check = source.authenticate(request, secrets, now(), config);
  if (check !== 'valid') throw new HttpError('unauthenticated', 'Not authenticated', [], check);
  return parse(request.body);
}

/** The sender's own id of a delivery. With this id, our log can be compared with the sender's. */
export function deliveryId(
  event: APIGatewayProxyEventV2,
  { deliveryHeader }: HttpSource,
): string | undefined {
  const id = deliveryHeader === undefined ? undefined : headersOf(event).get(deliveryHeader);
  return id !== undefined && plainId.test(id) ? id : undefined;
}

/** Anybody may send any text here, so only a plain id is logged. */
const plainId = /^[A-Za-z0-9._:-]{1,128}$/;
