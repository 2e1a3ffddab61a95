import type { ConfiguredSource } from '../../shared/crm/config.ts';
import type { EventResult } from '../../shared/crm/source.ts';
import {
  type TicketChangeOptions,
  type TicketChangeResult,
  toTicketChange,
} from '../../shared/crm/to-ticket-change.ts';
import { type EnqueueOptions, enqueue } from '../../shared/http/enqueue.ts';
import { HttpError } from '../../shared/http/errors.ts';
import type { Accepted } from '../../shared/http/receive.ts';
import type { CrmRequestLog } from './log-request.ts';

export type AcceptOptions = EnqueueOptions & TicketChangeOptions;

/** The result. `accepted` messages are on the queue. `tickets` are the first hundred tickets of these messages. */
type Summary = Pick<CrmRequestLog, 'accepted' | 'ignored' | 'tickets' | 'reasons'>;

/** A log line has room for a quarter of a megabyte, and nobody reads that many tickets. */
const maxTickets = 100;

const maxProblems = 20;

/**
 * Accepts an authentic payload: normalises it, builds the links, and enqueues the changes. If an event of a batch
 * is not readable, the others are enqueued. A repeated event changes nothing, and a later delivery might be too
 * late.
 * @throws HttpError or Unavailable. Then the payload must not be acknowledged
 */
export async function accept(
  payload: unknown,
  { name, config, source }: ConfiguredSource,
  options: AcceptOptions,
): Promise<Accepted<Summary>> {
  const events: readonly EventResult[] = source.normalise(payload, config);
  const results = events.map((event) =>
    catchHttpError(() => toTicketChange(event, name, config, options)),
  );
  const changes = results.filter((result) => result.kind === 'ticket-change');
  const ignored = results.filter((result) => result.kind === 'ignored');
  const problems = results
    .flatMap((result) => (result.kind === 'invalid' ? result.problems : []))
    .slice(0, maxProblems);
  await enqueue(changes, options);
  const tickets = [...new Set(changes.map(({ change }) => change.ticket))].slice(0, maxTickets);
  const reasons = [...new Set(ignored.map(({ reason }) => reason))];
  const summary = {
    accepted: changes.length,
    ignored: ignored.length,
    ...(tickets.length > 0 && { tickets }),
    ...(reasons.length > 0 && { reasons }),
  };
  return { outcome: changes.length > 0 ? 'accepted' : 'ignored', summary, problems };
}

function catchHttpError(toResult: () => TicketChangeResult): TicketChangeResult {
  try {
    return toResult();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { kind: 'invalid', problems: error.problems };
  }
}
