import { HttpError } from '../http/errors.ts';
import { versionBefore } from '../messages/ticket-change.ts';
import { hasSid } from '../taskrouter/criteria.ts';
import type { Sids } from './parse/twilio-sid.ts';
import type { EventResult, NormalisedChange } from './source.ts';

/** A ticket as an event leaves it, and the conversations that it was on before where that is told. */
export interface TicketSnapshot {
  readonly id: string;
  readonly version: bigint;
  readonly occurredAt: number;
  /** What was taken out of it or replaced: `{}` where that is not told; undefined where nothing was. */
  readonly from: Sids | undefined;
  /** What it has; undefined where it has none, or the event does not say. */
  readonly to: Sids | undefined;
  /** Whether it may have others, which the event does not tell. */
  readonly hasOthers?: boolean;
}

/** The ticket is gone for good, from the conversations that the event names and from all others. */
export function changesForRemoval(state: TicketSnapshot): readonly NormalisedChange[] {
  const sids = { ...state.from, ...state.to };
  // Two SIDs of one kind, an old and a new one, need a change each.
  const rest = without(state.from, sids);
  return [
    { ...toChange('removed', state, sids), exclusive: true },
    ...(hasSid(rest) ? [toChange('removed', state, rest)] : []),
  ];
}

/**
 * The ticket is there, and where the event tells all of its SIDs, on no other conversation than theirs.
 * Where it was on another it leaves that. With no SID left it is only on the Tasks that have its id in
 * an attribute. An event that says nothing of SIDs moves nothing.
 */
export function changesForUpdate(state: TicketSnapshot): readonly NormalisedChange[] {
  const { from, to, hasOthers } = state;
  const left = without(from, to);
  const isExclusive = (from !== undefined || to !== undefined) && !hasOthers;
  const removal = toChange('removed', state, left);
  return [
    // Both may come to one Task (by its own SID and its call's): there the link has to win.
    ...(hasSid(left) ? [{ ...removal, version: versionBefore(removal.version), moved: true }] : []),
    { ...toChange('present', state, to), ...(isExclusive && { exclusive: true }) },
  ];
}

/** A ticket comes to wherever another one is, was, or belongs by its SIDs. */
export function replacementChange(other: TicketSnapshot, id: string): NormalisedChange {
  return {
    ...toChange('present', { ...other, id }, other.to),
    replaces: other.id,
  };
}

/** A ticket is gone for good, merged into another or with another id: that stands in its place. */
export function changesForMerge(merged: TicketSnapshot, into: string): readonly NormalisedChange[] {
  return [...changesForRemoval(merged), replacementChange(merged, into)];
}

/**
 * What the events of a batch say. One that cannot be read is refused by itself, its fields under
 * `<path>[<index>]`, so that it does not hold up the others.
 */
export function parseBatch(
  events: readonly unknown[],
  read: (event: unknown) => readonly EventResult[],
  path = '',
): readonly EventResult[] {
  return events.flatMap((event, index): readonly EventResult[] => {
    try {
      return read(event);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const problems = error.problems.map(({ field, problem }) => ({
        field: `${path}[${index}]${field === 'body' ? '' : `.${field}`}`,
        problem,
      }));
      return [{ kind: 'refused', problems }];
    }
  });
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
