import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { SourceConfig } from '../../shared/config/source.ts';
import type { TicketChange } from '../../shared/message/ticket-change.ts';
import { type EnqueueOptions, enqueue } from './enqueue.ts';
import { Refusal, Unavailable } from './failures.ts';
import { parseJson } from './parse-json.ts';
import { type RawRequest, readRequest } from './raw-request.ts';
import { signingSecrets } from './signing-secrets.ts';
import type { IgnoredEvent, Source } from './sources/source.ts';
import { toTicketChange } from './to-ticket-change.ts';

/** One configured source, ready for requests. */
export interface OpenSource {
  readonly name: string;
  readonly config: SourceConfig;
  readonly source: Source;
}

export interface TakeInOptions extends Omit<EnqueueOptions, 'group'> {
  /** The text of a secret, by its name. */
  readonly readSecret: (name: string) => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const requireHeaders = ({ headers }: RawRequest, names: readonly string[]): void => {
  const missing = names.filter((name) => !headers.get(name));
  if (missing.length === 0) return;
  throw new Refusal('malformed', `These headers are missing: ${missing.join(', ')}`);
};

const authenticate = async (
  request: RawRequest,
  { config, source }: OpenSource,
  { readSecret, now }: TakeInOptions,
): Promise<void> => {
  requireHeaders(request, source.requiredHeaders);
  const secret = await readSecret(config.secret).catch((cause: unknown) => {
    throw new Unavailable(`Secret ${config.secret} cannot be read`, { cause });
  });
  if (source.authenticate(request, signingSecrets(secret, config.secret), now())) return;
  throw new Refusal('unauthenticated', 'Not authenticated');
};

/**
 * Takes in one request for a source: size and content type, authentication of the raw bytes, JSON,
 * normalisation, link, queue. Nothing is read as JSON before it is known to be genuine. Gives the
 * messages, all of which SQS holds by then, and why other events needed none.
 * @throws Refusal or Unavailable; nothing is to be answered with a 2xx then.
 */
export const takeIn = async (
  event: APIGatewayProxyEventV2,
  opened: OpenSource,
  options: TakeInOptions,
): Promise<{ changes: readonly TicketChange[]; reasons: readonly string[] }> => {
  const request = readRequest(event);
  await authenticate(request, opened, options);
  const { name, config, source } = opened;
  const receivedAt = options.now();
  const results = source
    .normalise(parseJson(request.body))
    .map((change): TicketChange | IgnoredEvent =>
      change.kind === 'ignored' ? change : toTicketChange(change, name, config, receivedAt),
    );
  const changes = results.filter((result) => result.kind === 'ticket-change');
  const ignored = results.filter((result) => result.kind === 'ignored');
  await enqueue(changes, { ...options, group: name });
  return { changes, reasons: ignored.map(({ reason }) => reason) };
};
