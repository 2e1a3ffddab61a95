import type { ConfiguredSource } from '../../shared/crm/config.ts';
import type { EventResult } from '../../shared/crm/source.ts';
import {
  type TicketChangeOptions,
  type TicketChangeResult,
  toTicketChange,
} from '../../shared/crm/to-ticket-change.ts';
import { type EnqueueOptions, enqueue } from '../../shared/http/enqueue.ts';
import { type FieldProblem, HttpError } from '../../shared/http/errors.ts';
import type { CrmRequestLog } from './report.ts';

export type AcceptOptions = EnqueueOptions & TicketChangeOptions;

/** What became of a payload, as it is reported. */
interface Accepted {
  /** `accepted` messages SQS holds by then; `tickets` are the first hundred that they are about. */
  readonly summary: Pick<CrmRequestLog, 'accepted' | 'ignored' | 'tickets' | 'reasons'>;
  /** What is wrong with other events, the first of it: such a payload must not be acknowledged. */
  readonly problems: readonly FieldProblem[];
}

/** A line of the log holds a quarter of a megabyte, and nobody reads that many problems. */
const maxTickets = 100;

const maxProblems = 20;

/**
 * Takes in a payload that is known to be genuine: normalisation, link, queue. Where one event of a
 * batch cannot be read the others are queued all the same: sent again they change nothing, and held
 * up they might come too late.
 * @throws Refusal or Unavailable; the payload must not be acknowledged then.
 */
export async function accept(
  payload: unknown,
  { name, config, source }: ConfiguredSource,
  options: AcceptOptions,
): Promise<Accepted> {
  const events: readonly EventResult[] = source.normalise(payload, config);
  const results = events.map((event) =>
    catchHttpError(() => toTicketChange(event, name, config, options)),
  );
  const changes = results.filter((result) => result.kind === 'ticket-change');
  const ignored = results.filter((result) => result.kind === 'ignored');
  const problems = results
    .flatMap((result) => (result.kind === 'refused' ? result.problems : []))
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
  return { summary, problems };
}

function catchHttpError(ticketFinding: () => TicketChangeResult): TicketChangeResult {
  try {
    return ticketFinding();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { kind: 'refused', problems: error.problems };
  }
}
