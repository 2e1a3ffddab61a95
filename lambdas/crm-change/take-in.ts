import { type EnqueueOptions, enqueue } from '../../shared/door/enqueue.ts';
import { type Problem, Refusal } from '../../shared/door/failures.ts';
import type { OpenSource } from './open-source.ts';
import type { Report } from './report.ts';
import type { Finding } from './sources/source.ts';
import { type MessageOptions, type TicketFinding, toTicketChange } from './to-ticket-change.ts';

export type TakeInOptions = EnqueueOptions & MessageOptions;

/** What became of a payload, as it is reported. */
export interface TakenIn {
  /** `accepted` messages SQS holds by then; `tickets` are the first hundred that they are about. */
  readonly findings: Pick<Report, 'accepted' | 'ignored' | 'tickets' | 'reasons'>;
  /** What is wrong with other events, the first of it: such a payload must not be acknowledged. */
  readonly problems: readonly Problem[];
}

/** A line of the log holds a quarter of a megabyte, and nobody reads that many problems. */
const mostTickets = 100;
const mostProblems = 20;

const refusedOnly = (ticketFinding: () => TicketFinding): TicketFinding => {
  try {
    return ticketFinding();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: 'refused', problems: error.problems };
  }
};

/**
 * Takes in a payload that is known to be genuine: normalisation, link, queue. Where one event of a
 * batch cannot be read the others are queued all the same: sent again they change nothing, and held
 * up they might come too late.
 * @throws Refusal or Unavailable; the payload must not be acknowledged then.
 */
export const takeIn = async (
  payload: unknown,
  { name, config, source }: OpenSource,
  options: TakeInOptions,
): Promise<TakenIn> => {
  const found: readonly Finding[] = source.normalise(payload, config);
  const results = found.map((finding) =>
    refusedOnly(() => toTicketChange(finding, name, config, options)),
  );
  const changes = results.filter((result) => result.kind === 'ticket-change');
  const ignored = results.filter((result) => result.kind === 'ignored');
  const problems = results
    .flatMap((result) => (result.kind === 'refused' ? result.problems : []))
    .slice(0, mostProblems);
  await enqueue(changes, options);
  const tickets = [...new Set(changes.map(({ ticket }) => ticket))].slice(0, mostTickets);
  const reasons = [...new Set(ignored.map(({ reason }) => reason))];
  const findings = {
    accepted: changes.length,
    ignored: ignored.length,
    ...(tickets.length > 0 && { tickets }),
    ...(reasons.length > 0 && { reasons }),
  };
  return { findings, problems };
};
