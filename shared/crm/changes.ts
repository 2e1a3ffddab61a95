import { HttpError } from '../http/errors.ts';
import { versionBefore } from '../messages/ticket-change.ts';
import { hasSid } from '../taskrouter/criteria.ts';
import type { Sids } from './parse/fields.ts';
import type { EventResult, NormalisedChange } from './source.ts';

/** A ticket after an event, and the conversations that it was on before, if the event names them. */
export interface TicketSnapshot {
  id: string;
  version: bigint;
  occurredAt: number;
  /** The SIDs that were removed or replaced: `{}` if the event does not name them; undefined if there were none. */
  from: Sids | undefined;
  /** The SIDs that it has; undefined if it has none, or the event does not say. */
  to: Sids | undefined;
  /** Whether it may have other SIDs that the event does not name. */
  hasOthers?: boolean;
}

/** The ticket is removed from all conversations, those that the event names and all others. */
export function changesForRemoval(state: TicketSnapshot): readonly NormalisedChange[] {
  const sids = { ...state.from, ...state.to };
  // An old and a new SID of one kind need a change each.
  const rest = without(state.from, sids);
  return [
    { ...toChange('removed', state, sids), exclusive: true },
    ...(hasSid(rest) ? [toChange('removed', state, rest)] : []),
  ];
}

/**
 * The ticket is present. If the event names all of its SIDs, it is on no other conversation, and leaves
 * the one that it was on. Without a SID it is only on the Tasks that have its id in an attribute. An
 * event without SIDs moves nothing.
 */
export function changesForUpdate(state: TicketSnapshot): readonly NormalisedChange[] {
  const { from, to, hasOthers } = state;
  const left = without(from, to);
  const isExclusive = (from !== undefined || to !== undefined) && !hasOthers;
  const removal = toChange('removed', state, left);
  return [
    // Both may reach one Task (by its own SID and its call's): there the link has to win.
    ...(hasSid(left) ? [{ ...removal, version: versionBefore(removal.version) }] : []),
    { ...toChange('present', state, to), ...(isExclusive && { exclusive: true }) },
  ];
}

/** A ticket takes the place of another one, wherever that is, was, or belongs by its SIDs. */
export function replacementChange(other: TicketSnapshot, id: string): NormalisedChange {
  return {
    ...toChange('present', { ...other, id }, other.to),
    replaces: other.id,
  };
}

/** A ticket is merged into another, or has another id now: it is removed, and that one replaces it. */
export function changesForMerge(merged: TicketSnapshot, into: string): readonly NormalisedChange[] {
  return [...changesForRemoval(merged), replacementChange(merged, into)];
}

/** A change event of Salesforce, which names the most records, has at most half as many results. */
const maxResults = 30_000;

/**
 * The results of a batch of events. An event that is not readable is invalid alone, its fields under
 * `<path>[<index>]`, and does not hold up the others.
 * @throws HttpError if there are more than 30,000 results: they would take too much time and memory.
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

/** What `parse` gives; an invalid event if that is not readable. */
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
