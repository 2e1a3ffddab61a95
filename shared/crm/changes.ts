import { HttpError } from '../http/errors.ts';
import { versionBefore } from '../messages/ticket-change.ts';
import { hasSid } from '../taskrouter/criteria.ts';
import type { Sids } from './parse/fields.ts';
import type { EventResult, NormalisedChange } from './source.ts';

/** A ticket after an event, and the conversations that it belonged to before, if the event names them. */
export interface TicketSnapshot {
  id: string;
  version: bigint;
  occurredAt: number;
  /** The SIDs that were removed or replaced. `{}`: the event does not name them. Undefined: there were none. */
  from: Sids | undefined;
  /** The SIDs that the ticket has. Undefined: it has none, or the event does not say. */
  to: Sids | undefined;
  /** Whether the ticket may have other SIDs that the event does not name. */
  hasOthers?: boolean;
}

/**
 * The changes for a removed ticket. Its link is removed from all conversations, whether the event names them or
 * not.
 */
export function changesForRemoval(state: TicketSnapshot): readonly NormalisedChange[] {
  const sids = { ...state.from, ...state.to };
  // If an old and a new SID have the same kind, each needs a change.
  const rest = without(state.from, sids);
  return [
    { ...toChange('removed', state, sids), exclusive: true },
    ...(hasSid(rest) ? [toChange('removed', state, rest)] : []),
  ];
}

/**
 * The changes for a ticket that is present. If the event names all SIDs of the ticket, the ticket belongs to no
 * other conversation, and leaves the one that it belonged to. Without a SID, it belongs only to the Tasks that have
 * its id in an attribute. An event without SIDs moves no ticket.
 */
export function changesForUpdate(state: TicketSnapshot): readonly NormalisedChange[] {
  const { from, to, hasOthers } = state;
  const left = without(from, to);
  const isExclusive = (from !== undefined || to !== undefined) && !hasOthers;
  const removal = toChange('removed', state, left);
  return [
    // Both changes may reach one Task (by its own SID and by its call's SID). There the link must win.
    ...(hasSid(left) ? [{ ...removal, version: versionBefore(removal.version) }] : []),
    { ...toChange('present', state, to), ...(isExclusive && { exclusive: true }) },
  ];
}

/**
 * The change for a ticket that replaces another: it goes where the other ticket is, was, or belongs by its SIDs.
 */
export function replacementChange(other: TicketSnapshot, id: string): NormalisedChange {
  return {
    ...toChange('present', { ...other, id }, other.to),
    replaces: other.id,
  };
}

/**
 * The changes for a ticket that is merged into another, or gets another id. The old one is removed, and the new one
 * replaces it.
 */
export function changesForMerge(merged: TicketSnapshot, into: string): readonly NormalisedChange[] {
  return [...changesForRemoval(merged), replacementChange(merged, into)];
}

/** The most results of a request. Salesforce's change events name the most records, and at most half as many. */
const maxResults = 30_000;

/**
 * The results of a batch of events. If an event is not readable, only this event is invalid, and its fields are
 * named under `<path>[<index>]`. The others are still processed.
 *
 * @throws HttpError if there are more than 30,000 results, which would need too much time and memory
 */
export function parseBatch(
  events: readonly unknown[],
  parse: (event: unknown) => readonly EventResult[],
  path = '',
): readonly EventResult[] {
  if (events.length > maxResults) throw tooMany();
  const results: EventResult[] = [];
  for (const [index, event] of events.entries()) {
    const fieldOf = (field: string) => `${path}[${index}]${field === 'body' ? '' : `.${field}`}`;
    results.push(...orInvalid(() => parse(event), fieldOf));
    if (results.length > maxResults) throw tooMany();
  }
  return results;
}

function tooMany(): HttpError {
  return new HttpError('payload-too-large', `The body has more than ${maxResults} events`);
}

/** The result of `parse`. If the event is not readable: an invalid event. */
export function orInvalid(
  parse: () => readonly EventResult[],
  fieldOf = (field: string) => field,
): readonly EventResult[] {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const problems = error.problems.map(({ field, problem }) => ({
      field: fieldOf(field),
      problem,
    }));
    return [{ kind: 'invalid', problems }];
  }
}

function without(sids: Sids = {}, others: Sids = {}): Sids {
  const known = Object.values(others);
  return Object.fromEntries(Object.entries(sids).filter(([, sid]) => !known.includes(sid)));
}

function toChange(
  kind: NormalisedChange['kind'],
  { id, version, occurredAt }: TicketSnapshot,
  sids: Sids = {},
): NormalisedChange {
  return { kind, id, version: String(version), occurredAt, sids };
}
