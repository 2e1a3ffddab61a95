import { versionBefore } from '../../shared/message/version-before.ts';
import { hasSid } from '../../shared/taskrouter/correlation.ts';
import type { NormalisedChange } from './sources/source.ts';
import type { Sids } from './twilio-sid.ts';

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

const without = (sids: Sids = {}, others: Sids = {}): Sids => {
  const known = Object.values(others);
  return Object.fromEntries(Object.entries(sids).filter(([, sid]) => !known.includes(sid)));
};

const toChange = (
  kind: NormalisedChange['kind'],
  { id, version, occurredAt }: TicketSnapshot,
  sids: Sids = {},
): NormalisedChange => ({ kind, id, version: String(version), occurredAt, sids });

/** The ticket is gone for good, from the conversations that the event names and from all others. */
export const changesForRemoval = (state: TicketSnapshot): readonly NormalisedChange[] => {
  const sids = { ...state.from, ...state.to };
  // Two SIDs of one kind, an old and a new one, need a change each.
  const rest = without(state.from, sids);
  return [
    { ...toChange('removed', state, sids), exclusive: true },
    ...(hasSid(rest) ? [toChange('removed', state, rest)] : []),
  ];
};

/**
 * The ticket is there, and where the event tells all of its SIDs, on no other conversation than theirs.
 * Where it was on another it leaves that. With no SID left it is only on the Tasks that have its id in
 * an attribute. An event that says nothing of SIDs moves nothing.
 */
export const changesForUpdate = (state: TicketSnapshot): readonly NormalisedChange[] => {
  const { from, to, hasOthers } = state;
  const left = without(from, to);
  const isExclusive = (from !== undefined || to !== undefined) && !hasOthers;
  const removal = toChange('removed', state, left);
  return [
    // Both may come to one Task (by its own SID and its call's): there the link has to win.
    ...(hasSid(left) ? [{ ...removal, version: versionBefore(removal.version), moved: true }] : []),
    { ...toChange('present', state, to), ...(isExclusive && { exclusive: true }) },
  ];
};

/** A ticket comes to wherever another one is, was, or belongs by its SIDs. */
export const replacementChange = (other: TicketSnapshot, id: string): NormalisedChange => ({
  ...toChange('present', { ...other, id }, other.to),
  replaces: other.id,
});

/** A ticket is gone for good, merged into another or with another id: that stands in its place. */
export const changesForMerge = (
  merged: TicketSnapshot,
  into: string,
): readonly NormalisedChange[] => [...changesForRemoval(merged), replacementChange(merged, into)];
